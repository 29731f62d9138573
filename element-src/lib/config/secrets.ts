export { secretsIn } from './merge.js'
