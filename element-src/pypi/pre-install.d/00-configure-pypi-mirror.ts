import { runHook } from '../../lib/base/run-hook.js'
import { configurePypiMirror } from '../../lib/configure-pypi-mirror.js'

runHook(() => configurePypiMirror(process.env))
