/** Where a Home Assistant listens and believes to be reachable. */
export interface Addresses {
  readonly port: number;
  /** The addresses it listens on; the loopback address alone where left out. */
  readonly hosts?: readonly string[];
  /** Left to Home Assistant where null. */
  readonly internalUrl?: string | null;
  readonly externalUrl: string | null;
}

/**
 * The files a fresh configuration directory needs, by path. Server settings live in storage: an `http:` block in the
 * YAML would be a trial that Home Assistant takes back, with a restart, after five minutes.
 */
export function filesFor(addresses: Addresses, now: number): Readonly<Record<string, string>> {
  return {
    'configuration.yaml': configurationYaml(addresses),
    'automations.yaml': '[]\n',
    'scripts.yaml': '',
    '.storage/http': JSON.stringify({
      version: 3,
      minor_version: 1,
      key: 'http',
      data: { stable: serverSettings(addresses, now), pending: null, yaml_migration_done: true },
    }),
  };
}

function configurationYaml({ port, internalUrl, externalUrl }: Addresses): string {
  const url = internalUrl === undefined ? `http://127.0.0.1:${port}` : internalUrl;
  const lines = [
    'homeassistant:',
    '  name: Home',
    '  country: GB',
    '  currency: GBP',
    '  time_zone: Europe/London',
    '  unit_system: metric',
    ...(url === null ? [] : [`  internal_url: ${url}`]),
    ...(externalUrl === null ? [] : [`  external_url: ${externalUrl}`]),
    ...['frontend', 'config', 'webhook', 'my', 'history', 'logbook', 'recorder'].map((name) => `${name}:`),
    'automation: !include automations.yaml',
    'script: !include scripts.yaml',
    'logger:',
    '  default: warning',
    '  logs:',
    '    homeassistant.components.mqtt: info',
  ];
  return `${lines.join('\n')}\n`;
}

function serverSettings(
  { port, hosts = ['127.0.0.1'] }: Addresses,
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    server_host: hosts,
    server_port: port,
    cors_allowed_origins: [],
    login_attempts_threshold: -1,
    ip_ban_enabled: true,
    ssl_profile: 'intermediate_v6',
    use_x_frame_options: true,
    created_at: new Date(now).toISOString(),
    error: null,
    error_message: null,
  };
}

/** The storage file that says all of the onboarding is done, so that a browser lands on the dashboard. */
export function finishedOnboarding(): string {
  const done = ['user', 'core_config', 'analytics', 'integration'];
  return JSON.stringify({ version: 4, minor_version: 1, key: 'onboarding', data: { done } });
}
