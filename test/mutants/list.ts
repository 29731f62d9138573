import { ofAhead } from './list/ahead.js'
import { ofConfig } from './list/config.js'
import { ofHost } from './list/host.js'
import { ofHttp } from './list/http-and-probe.js'
import { ofImage } from './list/image.js'
import { ofIndex } from './list/index.js'
import { ofRelay } from './list/relay.js'
import { ofSettings } from './list/settings-and-receipt.js'
import type { Mutant } from './mutant.js'

/** A new promise brings one. */
export const mutants: readonly Mutant[] = [
  ofImage,
  ofHttp,
  ofIndex,
  ofSettings,
  ofConfig,
  ofRelay,
  ofAhead,
  ofHost,
].flat()
