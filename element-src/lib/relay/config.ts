/** An index behind the relay. */
export interface RelayIndex {
  /** Its URL, with its credentials; undefined where it is a folder of the host. */
  readonly url: string | undefined
  /** The folder of the host that holds it; undefined where it is on a server. */
  readonly folder: string | undefined
  /** Its name in messages, without credentials. */
  readonly label: string
  readonly isOfficial: boolean
}

export interface RelayConfig {
  readonly indexes: readonly RelayIndex[]
  readonly environment: Readonly<Record<string, string>>
  readonly unreachable: 'drop' | 'keep' | 'fail'
  readonly retries: number
  readonly trustedHosts: readonly string[]
  readonly fill: string | undefined
  readonly build: { readonly pid: number; readonly startTime: string }
  readonly logFile: string
}
