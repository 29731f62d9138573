import { spawn } from 'node:child_process'
import { errorMessage, UserError } from '../../base/errors.js'
import type { RelayAnswer, RelayConfig } from '../config.js'
import { askRelay } from './ask-relay.js'

/** A relay that runs. */
export type StartedRelay = Extract<RelayAnswer, { readonly control: string }>

const parse = (line: string): RelayAnswer => {
  try {
    return JSON.parse(line) as RelayAnswer
  } catch {
    return { error: 'it ended before it said where it listens' }
  }
}

/**
 * Starts the relay, in a session of its own and outside the build's folders, so that dib neither waits for it nor ends it.
 * It is told its configuration on standard input, where no other process can read it.
 *
 * @param program The relay, on the host.
 * @param environment The environment that it gets: nothing of it is a secret.
 * @returns Where it listens; rejected with a UserError where it does not start.
 */
export const startRelay = (
  program: string,
  config: RelayConfig,
  environment: Readonly<Record<string, string>>,
): Promise<StartedRelay> =>
  new Promise((resolve, reject) => {
    const relay = spawn('/bin/sh', [program, process.execPath], {
      cwd: '/',
      detached: true,
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const refuse = (why: string): void =>
      reject(new UserError(`the relay does not start: ${why}; DIB_PYPI_RELAY=never builds without it`))
    let text = ''
    relay.on('error', (error) => refuse(error.message))
    relay.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more
    })
    // It closes its standard output when it has said its line, and holds no pipe of dib's from then on.
    relay.stdout.on('close', () => {
      const answer = parse(text)
      relay.unref()
      if ('error' in answer) return refuse(answer.error)
      if ('refused' in answer) return reject(new UserError(answer.refused))
      // To listen is not to be reached: lo can be down.
      askRelay(answer.control, 'GET').then(
        () => resolve(answer),
        (error) => {
          relay.kill()
          refuse(`nothing reaches it at 127.0.0.1 (${errorMessage(error)}): is the interface lo up?`)
        },
      )
    })
    relay.stdin.on('error', () => undefined)
    relay.stdin.end(JSON.stringify(config))
  })
