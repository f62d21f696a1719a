/** What an app's configuration says about it, as far as the Supervisor tells. */
export interface AppFacts {
  readonly slug: string;
  readonly name: string;
  readonly version: string;
  readonly ingressToken: string;
  /** Without the address of the network. */
  readonly ipAddress: string;
  readonly panel: { readonly title: string; readonly icon: string; readonly admin: boolean };
  readonly options: Readonly<Record<string, unknown>>;
}

/** What an app that provides the broker says in `/services/mqtt`. */
export interface MqttService {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
  readonly username: string;
  readonly password: string;
  /** Home Assistant has a user of its own there; that of the apps where left out. */
  readonly ofCore?: { readonly username: string; readonly password: string };
}

export interface AnswerFacts {
  readonly app: AppFacts;
  readonly mqtt: MqttService | null;
  /** The port of Home Assistant, on the network of the apps. */
  readonly corePort: number;
}

export type Document = Readonly<Record<string, unknown>>;

/** The Supervisor's own answer about the broker; the protocol never says 5. */
export function mqttDocument({ host, port, ssl, username, password }: MqttService): Document {
  return { host, port, ssl, username, password, protocol: '3.1.1', addon: brokerSlug };
}

export const brokerSlug = 'core_mosquitto';

/** `/addons/core_mosquitto/info`, which Home Assistant asks for before it offers the broker. */
export function brokerAppDocument(facts: AnswerFacts): Document {
  const app = { ...facts.app, slug: brokerSlug, name: 'Mosquitto broker', ingressToken: '' };
  return { ...appDocument({ ...facts, app }), ingress: false, ingress_entry: null, ingress_url: null };
}

/** What `/addons/<slug>/info` says of every app like ours. */
const everyApp = {
  arch: ['aarch64', 'amd64'],
  documentation: true,
  apparmor: 'profile',
  auth_api: false,
  docker_api: false,
  full_access: false,
  homeassistant_api: true,
  host_network: false,
  host_pid: false,
  ingress: true,
  long_description: null,
  rating: 8,
  signed: false,
  hassio_api: false,
  hassio_role: 'default',
  protected: true,
  boot: 'auto',
  boot_config: 'auto',
  schema: [],
  machine: [],
  network: { '8098/tcp': null },
  network_description: null,
  host_ipc: false,
  host_uts: false,
  host_dbus: false,
  privileged: [],
  changelog: true,
  stdin: false,
  gpio: false,
  usb: false,
  uart: false,
  kernel_modules: false,
  devicetree: false,
  udev: false,
  video: false,
  audio: false,
  startup: 'application',
  services: ['mqtt:want'],
  discovery: [],
  translations: {},
  webui: null,
  ingress_port: 8099,
  ingress_panel: true,
  audio_input: null,
  audio_output: null,
  auto_update: false,
  watchdog: false,
  devices: [],
  system_managed: false,
  system_managed_config_entry: null,
} as const;

/** `/addons/<slug>/info`, with every field that Home Assistant's client demands. */
export function appDocument({ app }: AnswerFacts): Document {
  return {
    ...appListed(app),
    ...everyApp,
    hostname: app.slug.replaceAll('_', '-'),
    dns: [`${app.slug.replaceAll('_', '-')}.local.hass.io`],
    options: app.options,
    ingress_entry: `/api/hassio_ingress/${app.ingressToken}`,
    ingress_url: `/api/hassio_ingress/${app.ingressToken}/`,
    ip_address: app.ipAddress,
  };
}

function appListed(app: AppFacts): Document {
  return {
    advanced: false,
    available: true,
    build: false,
    description: 'Connects Monzo to Home Assistant.',
    homeassistant: null,
    icon: false,
    logo: false,
    name: app.name,
    repository: 'a0b1c2d3',
    slug: app.slug,
    stage: 'stable',
    update_available: false,
    url: null,
    version_latest: app.version,
    version: app.version,
    detached: false,
    state: 'started',
  };
}

export function panelsDocument({ app }: AnswerFacts): Document {
  return { panels: { [app.slug]: { ...app.panel, enable: true } } };
}

export const discoveryId = '0f0e0d0c0b0a09080706050403020100';

/** What Home Assistant reads of the broker before it shows it under "Discovered". */
export function discoveredBroker(mqtt: MqttService): Document {
  const config = { ...mqttDocument(mqtt), ...mqtt.ofCore };
  return { uuid: discoveryId, addon: brokerSlug, service: 'mqtt', config };
}

export function rootDocument(): Document {
  return {
    supervisor: '2026.11.0',
    homeassistant: '2026.11.0',
    hassos: null,
    docker: '29.0.0',
    hostname: 'homeassistant',
    operating_system: 'Debian GNU/Linux 12 (bookworm)',
    features: ['reboot', 'shutdown', 'network'],
    machine: 'qemux86-64',
    machine_id: '00000000000000000000000000000000',
    arch: 'amd64',
    state: 'running',
    supported_arch: ['amd64'],
    supported: true,
    channel: 'stable',
    logging: 'info',
    timezone: 'Europe/London',
  };
}

const noStats = {
  cpu_percent: 0,
  memory_usage: 0,
  memory_limit: 0,
  memory_percent: 0,
  network_rx: 0,
  network_tx: 0,
  blk_read: 0,
  blk_write: 0,
} as const;

type AnswerTable = Readonly<Record<string, (facts: AnswerFacts) => Document>>;

/** What Home Assistant's own integration asks for, by path; with a field missing it loads nothing. */
export const answersForCore: AnswerTable = {
  '/info': rootDocument,
  '/supervisor/info': ({ app }) => ({
    version: '2026.11.0',
    version_latest: '2026.11.0',
    update_available: false,
    channel: 'stable',
    arch: 'amd64',
    supported: true,
    healthy: true,
    ip_address: '172.30.32.2',
    timezone: 'Europe/London',
    logging: 'info',
    debug: false,
    debug_block: false,
    diagnostics: false,
    auto_update: true,
    country: null,
    detect_blocking_io: false,
    feature_flags: {},
    addons: [appListed(app)],
  }),
  '/core/info': ({ corePort }) => ({
    version: '2026.11.0',
    version_latest: '2026.11.0',
    update_available: false,
    machine: 'qemux86-64',
    ip_address: '172.30.32.1',
    arch: 'amd64',
    image: 'ghcr.io/home-assistant/qemux86-64-homeassistant',
    boot: true,
    port: corePort,
    ssl: false,
    watchdog: true,
    audio_input: null,
    audio_output: null,
    backups_exclude_database: false,
    duplicate_log_file: false,
  }),
  '/os/info': () => ({
    version: null,
    version_latest: null,
    version_pending: null,
    update_available: false,
    board: null,
    boot: null,
    data_disk: null,
    boot_slots: {},
  }),
  '/host/info': () => ({
    agent_version: null,
    apparmor_version: null,
    chassis: 'vm',
    virtualization: '',
    cpe: null,
    deployment: null,
    disk_free: 10,
    disk_total: 20,
    disk_used: 10,
    disk_life_time: null,
    features: ['reboot', 'shutdown', 'network'],
    hostname: 'homeassistant',
    llmnr_hostname: null,
    kernel: null,
    operating_system: 'Debian GNU/Linux 12 (bookworm)',
    timezone: 'Europe/London',
    dt_utc: null,
    dt_synchronized: null,
    use_ntp: null,
    startup_time: null,
    boot_timestamp: null,
    broadcast_llmnr: null,
    broadcast_mdns: null,
  }),
  '/store': () => ({ addons: [], repositories: [] }),
  '/network/info': () => ({
    interfaces: [],
    docker: {
      interface: 'hassio',
      address: '172.30.32.0/23',
      gateway: '172.30.32.1',
      dns: '172.30.32.3',
    },
    host_internet: false,
    supervisor_internet: false,
  }),
  '/mounts': () => ({ default_backup_mount: null, mounts: [] }),
  '/jobs/info': () => ({ ignore_conditions: [], jobs: [] }),
  '/addons': ({ app }) => ({ addons: [appListed(app)] }),
  '/resolution/info': () => ({
    suggestions: [],
    unsupported: [],
    unhealthy: [],
    issues: [],
    checks: [],
  }),
  '/backups': () => ({ backups: [] }),
  '/backups/info': () => ({ backups: [], days_until_stale: 30 }),
  '/core/stats': () => noStats,
  '/supervisor/stats': () => noStats,
  '/discovery': ({ mqtt }) => ({ discovery: mqtt === null ? [] : [discoveredBroker(mqtt)] }),
  '/ingress/panels': panelsDocument,
};
