import { readdirSync, readFileSync } from 'node:fs'
import type { Test } from 'tap'
import { ignoreErrors } from '../../../element-src/lib/base/errors.js'

/** The relays that run for a test: the hooks, and with them the relay, are below its folder. */
export const relays = (scratch: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    const command = ignoreErrors(['ENOENT', 'ESRCH'], () => readFileSync(`/proc/${pid}/cmdline`, 'latin1')) ?? ''
    return command.includes(`${scratch}/`) && /\/pypi-relay\0$/.test(command)
  })

/** Waits until no relay of a test runs any more, for at most two minutes. */
export const noRelayIsLeft = async (t: Test, scratch: string): Promise<void> => {
  for (let tries = 0; tries < 1200 && relays(scratch).length > 0; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
  t.same(relays(scratch), [], 'the relay has ended')
}
