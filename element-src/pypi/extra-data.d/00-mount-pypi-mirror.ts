import { runHook } from '../../lib/base/log.js'
import { mountPypiMirror } from '../../lib/mount-pypi-mirror.js'
import { callerVariable } from '../../lib/settings/mirrors-file/host-files.js'

const environment = { ...process.env }
// For this hook alone, not for the programs that it starts.
delete process.env[callerVariable]
runHook(() => mountPypiMirror(environment))
