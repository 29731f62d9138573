import { runProgram } from '../../lib/settings/mirrors-file/run-program.js'

runProgram()
