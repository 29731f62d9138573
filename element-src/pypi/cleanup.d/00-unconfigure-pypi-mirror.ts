import { dirname } from 'node:path'
import { runHook } from '../../lib/base/log.js'
import { unconfigurePypiMirror } from '../../lib/unconfigure-pypi-mirror.js'

// launcher/on-host-as-root.sh starts `node HOOK TARGET_ROOT` by sudo, which keeps no environment.
runHook(() => {
  const [, hook = '', targetRoot = ''] = process.argv
  return unconfigurePypiMirror(dirname(dirname(hook)), targetRoot)
})
