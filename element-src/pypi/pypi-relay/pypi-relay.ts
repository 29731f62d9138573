import { runRelay } from '../../lib/relay/run-relay.js'

runRelay()
