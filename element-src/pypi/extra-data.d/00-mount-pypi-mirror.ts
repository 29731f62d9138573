import { runHook } from '../../lib/hook/run-hook.js'
import { mountPypiMirror } from '../../lib/mount-pypi-mirror.js'

runHook(() => mountPypiMirror(process.env))
