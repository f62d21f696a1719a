import { z } from 'zod';

/** A type of an option as the Supervisor knows it; a question mark at the end makes the option optional. */
const optionType = z
  .string()
  .regex(
    /^(bool|email|url|port|device(\(subsystem=\w+\))?|match\(.+\)|list\([^|()]+(\|[^|()]+)*\)|(str|password)(\(\d*,\d*\))?|(int|float)(\([\d.-]*,[\d.-]*\))?)\??$/,
  );

const port = z.int().min(1).max(65_535);
const portName = z.string().regex(/^\d{1,5}(\/(tcp|udp))?$/);
const version = z.string().regex(/^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/);

/**
 * The keys that the Supervisor reads and the official linter knows, without those that either of them calls obsolete.
 * A key that neither knows is ignored on the user's machine without a word: here it is refused.
 */
const configuration = z.strictObject({
  name: z.string().min(1),
  version,
  slug: z.string().regex(/^[-_.A-Za-z0-9]+$/),
  description: z.string().min(1),
  arch: z.array(z.enum(['aarch64', 'amd64'])).min(1),
  machine: z.array(z.string()).optional(),
  url: z.url().optional(),
  image: z
    .string()
    .regex(/^([a-zA-Z\-.:\d{}]+\/)*[-\w{}]+\/[-\w{}]+$/)
    .optional(),
  startup: z.enum(['application', 'initialize', 'once', 'services', 'system']).optional(),
  boot: z.enum(['auto', 'manual', 'manual_only']).optional(),
  stage: z.enum(['deprecated', 'experimental', 'stable']).optional(),
  init: z.boolean().optional(),
  timeout: z.int().min(10).max(300).optional(),
  tmpfs: z.boolean().optional(),
  homeassistant: z
    .string()
    .regex(/^\d{4}\.\d{1,2}\.\d+$/)
    .optional(),
  breaking_versions: z.array(version).optional(),
  ports: z.record(portName, port.nullable()).optional(),
  ports_description: z.record(portName, z.string()).optional(),
  webui: z.string().optional(),
  ingress: z.boolean().optional(),
  ingress_port: z.int().min(0).max(65_535).optional(),
  ingress_entry: z.string().optional(),
  ingress_stream: z.boolean().optional(),
  panel_icon: z
    .string()
    .regex(/^mdi:[a-z-]+$/)
    .optional(),
  panel_title: z.string().optional(),
  panel_admin: z.boolean().optional(),
  homeassistant_api: z.boolean().optional(),
  hassio_api: z.boolean().optional(),
  hassio_role: z.enum(['admin', 'backup', 'default', 'homeassistant', 'manager']).optional(),
  auth_api: z.boolean().optional(),
  docker_api: z.boolean().optional(),
  services: z.array(z.string().regex(/^(mqtt|mysql):(provide|want|need)$/)).optional(),
  discovery: z.array(z.string()).optional(),
  environment: z.record(z.string().regex(/^\w*$/), z.string()).optional(),
  map: z.array(z.string()).optional(),
  devices: z.array(z.string()).optional(),
  privileged: z.array(z.string()).optional(),
  full_access: z.boolean().optional(),
  apparmor: z.union([z.boolean(), z.string()]).optional(),
  host_network: z.boolean().optional(),
  host_pid: z.boolean().optional(),
  host_ipc: z.boolean().optional(),
  host_uts: z.boolean().optional(),
  host_dbus: z.boolean().optional(),
  backup: z.enum(['hot', 'cold']).optional(),
  backup_pre: z.string().optional(),
  backup_post: z.string().optional(),
  backup_exclude: z.array(z.string()).optional(),
  options: z.record(z.string(), z.unknown()).optional(),
  schema: z.record(z.string(), optionType).optional(),
});
type Configuration = z.output<typeof configuration>;

/** What a key means where it is left out. The linter wants it left out then. */
const defaults: Partial<Configuration> = {
  apparmor: true,
  backup: 'hot',
  boot: 'auto',
  hassio_role: 'default',
  ingress_port: 8099,
  init: true,
  panel_admin: true,
  panel_icon: 'mdi:puzzle',
  stage: 'stable',
  startup: 'application',
  timeout: 10,
};
const isDefault = (key: string, value: unknown) =>
  value === (defaults[key as keyof Configuration] ?? false) ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/** What the linter refuses beside single keys. */
const combinations: readonly (readonly [complaint: string, isSo: (config: Configuration) => boolean])[] = [
  ['ingress: webui is not needed beside it', ({ ingress, webui }) => ingress === true && webui !== undefined],
  ['ingress_port: 0 is for the host network alone', (config) => config.ingress_port === 0],
  [
    'backup: nothing runs before and after a cold one',
    ({ backup, backup_pre, backup_post }) => backup === 'cold' && (backup_pre ?? backup_post) !== undefined,
  ],
  [
    'full_access: names no devices beside it',
    ({ full_access, devices }) => full_access === true && devices !== undefined,
  ],
];

/** What the Supervisor or the official linter would object to in the `config.yaml` of an app; empty where it is right. */
export function complaintsAbout(content: unknown): readonly string[] {
  const { data, error } = configuration.safeParse(content);
  if (error !== undefined)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`.replace(/^: /, ''));
  return [
    ...Object.entries(data)
      .filter(([key, value]) => isDefault(key, value))
      .map(([key]) => `${key}: has its default; leave it out`),
    ...combinations.filter(([, isSo]) => isSo(data)).map(([complaint]) => complaint),
  ];
}

/** The texts of an app in one language. */
export const translationsSchema = z.strictObject({
  configuration: z.record(
    z.string(),
    z.strictObject({ name: z.string().min(1), description: z.string().min(1) }),
  ),
  network: z.record(portName, z.string().min(1)),
});
