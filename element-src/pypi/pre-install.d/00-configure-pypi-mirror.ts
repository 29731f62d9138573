import { configurePypiMirror } from '../../lib/configure-pypi-mirror.js'
import { runHook } from '../../lib/hook/run-hook.js'

runHook(() => configurePypiMirror(process.env))
