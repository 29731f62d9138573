import { runHook } from '../../lib/base/log.js'
import { configurePypiMirror } from '../../lib/configure-pypi-mirror.js'

runHook(() => configurePypiMirror(process.env))
