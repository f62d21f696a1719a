import { accountTypeName } from '../../domain/account.ts';
import { deviceIdentifier, safeId, slugsOf } from '../../domain/names.ts';
import type { LoginView } from '../../domain/login.ts';
import type { PotView, ShownAccount, ShownView } from '../../domain/view.ts';
import { placeAt } from '../output.ts';
import {
  accountEntities,
  accountTriggers,
  bridgeEntities,
  loginEntities,
  moneySettings,
  potEntities,
  type Asked,
  type EntityRow,
} from './entities.ts';
import type { Topics } from './topics.ts';

/** A document of Home Assistant's MQTT device discovery, with unabbreviated keys. */
export interface DiscoveryDocument {
  readonly device: Readonly<Record<string, unknown>> & {
    readonly identifiers: readonly string[];
    readonly name: string;
    readonly model_id?: string;
    readonly via_device?: string;
  };
  readonly origin: Readonly<Record<string, string>>;
  readonly components: Readonly<Record<string, Component>>;
}

export type Component = Readonly<Record<string, unknown>> & { readonly platform: string };

export interface DiscoverySettings extends Partial<Asked> {
  readonly topics: Topics;
  readonly version: string;
  /** Where browsers reach the bridge's page, for "Visit" on the device pages; left out where that is unknown. */
  readonly pageUrl?: () => string;
  /** The address of the documentation; left out where unknown. */
  readonly supportUrl?: string;
}

/** Tells our own documents from those of other programs. */
export const originName = 'monzo-bridge';

/** The ids of the bridge's own devices: several bridges on one broker, each with a base topic of its own, never share one. */
const bridgeId = ({ apart }: Topics) => (apart === null ? 'bridge' : `bridge_${safeId(apart)}`);
const loginDeviceId = ({ apart }: Topics, id: string) => (apart === null ? id : `${id}_${safeId(apart)}`);
const ownSlug = ({ apart }: Topics, name: string) => (apart === null ? name : `${name} ${safeId(apart)}`);

/** One document per topic for the bridge and everything in the view, parents before their children. */
export function discoveryDocuments(
  view: ShownView,
  settings: DiscoverySettings,
): ReadonlyMap<string, DiscoveryDocument> {
  return new Map(documentSources(view, settings).map(({ topic, make }) => [topic, make()]));
}

/** What changes with every purchase is in no document. */
const noFigures = {
  balance: null,
  totalBalance: null,
  spentToday: null,
  spentSince: null,
  spentThisMonth: null,
  monthSince: 0,
  leftToMoveToday: null,
} as const;

/** That a threshold is set, without anything that changes. */
const lastingLowBalance = { threshold: '', isLow: null };

/** A document that is not made yet. */
interface DocumentSource {
  readonly topic: string;
  /** All that it is made of: it is the same as long as this is. */
  readonly from: readonly unknown[];
  readonly make: () => DiscoveryDocument;
}

/** The same documents, each with what it is made of, so that those are made alone that differ. */
export function documentSources(view: ShownView, settings: DiscoverySettings): readonly DocumentSource[] {
  const { topics, version } = settings;
  const page = settings.pageUrl?.() ?? '';
  const asked = askedOf(settings);
  const loginSlugs = slugsOf(view.logins.map(({ id, name }) => [id, `${ownSlug(topics, 'login')} ${name}`]));
  const source = (id: string, from: unknown, device: () => Device): DocumentSource => ({
    topic: topics.document(id),
    from: [from, version, page, asked],
    make: () => documentOf(device(), settings),
  });
  return [
    source(bridgeId(topics), null, () => bridgeDevice(settings)),
    ...view.logins.map((login) => {
      const slug = loginSlugs.get(login.id) ?? 'login';
      const id = loginDeviceId(topics, login.id);
      return source(id, [login, slug], () => loginDevice(login, { topics, slug }));
    }),
    ...view.accounts.map((account) => {
      const lowBalance = account.lowBalance && lastingLowBalance;
      const lasting = { ...account, ...noFigures, lowBalance };
      return source(account.id, lasting, () => accountDevice(lasting, topics));
    }),
    ...view.pots.map((pot) => {
      const lasting = { ...pot, balance: 0 };
      return source(pot.id, lasting, () => potDevice(lasting));
    }),
  ];
}

/** The document with removed components, each with its platform alone: Home Assistant then deletes them. */
export function withTombstones(
  document: DiscoveryDocument,
  gone: ReadonlyMap<string, { readonly platform: string }>,
): DiscoveryDocument {
  const tombstones = [...gone].map(([key, { platform }]): [string, Component] => [key, { platform }]);
  return { ...document, components: { ...document.components, ...Object.fromEntries(tombstones) } };
}

interface Device {
  readonly id: string;
  /** The model id: selectors in Home Assistant filter by it. */
  readonly kind: 'bridge' | 'login' | 'account' | 'pot';
  readonly name: string;
  readonly slug: string;
  readonly block: Readonly<Record<string, string>>;
  /** Where the page shows it, below the page's address. */
  readonly place: string;
  readonly components: (setting: ComponentSetting) => readonly (readonly [string, Component])[];
  /** Whether the device has its own availability, in addition to the bridge's. */
  readonly mayBeStale: boolean;
}

interface ComponentSetting {
  readonly topics: Topics;
  readonly device: Device;
  readonly asked: Asked;
}

function askedOf({ postsToFeed = false, tellsReleases = false }: Partial<Asked>): Asked {
  return { postsToFeed, tellsReleases };
}

function bridgeDevice({ version, topics }: DiscoverySettings): Device {
  const id = bridgeId(topics);
  return {
    id,
    kind: 'bridge',
    name: printable(`Monzo bridge ${topics.apart ?? ''}`),
    slug: slugsOf([[id, ownSlug(topics, 'bridge')]]).get(id) ?? 'bridge',
    block: { manufacturer: originName, model: 'Bridge', sw_version: version },
    place: '',
    components: (setting) => entities(bridgeEntities, {}, setting),
    mayBeStale: false,
  };
}

function loginDevice(
  login: LoginView,
  { topics, slug }: { readonly topics: Topics; readonly slug: string },
): Device {
  return {
    id: loginDeviceId(topics, login.id),
    kind: 'login',
    name: `Monzo login ${printable(login.name)}`.trim(),
    slug,
    block: { manufacturer: 'Monzo', model: 'Login', via_device: deviceIdentifier(bridgeId(topics)) },
    place: '#/settings/people',
    components: (setting) => entities(loginEntities, login, setting),
    mayBeStale: false,
  };
}

function accountDevice(account: ShownAccount, topics: Topics): Device {
  return {
    id: account.id,
    kind: 'account',
    name: printable(account.name) || 'Account',
    slug: account.slug,
    block: {
      manufacturer: 'Monzo',
      model: printable(accountTypeName(account)),
      via_device: deviceIdentifier(bridgeId(topics)),
    },
    place: transactionsOf('account', account.id),
    components: (setting) => [
      ...entities(accountEntities, account, setting),
      ...triggers(topics.transaction(account.id)),
    ],
    mayBeStale: true,
  };
}

function potDevice(pot: PotView): Device {
  return {
    id: pot.id,
    kind: 'pot',
    name: printable(pot.name) || 'Pot',
    slug: pot.slug,
    block: { manufacturer: 'Monzo', model: 'Pot', via_device: deviceIdentifier(pot.accountId) },
    place: transactionsOf('pot', pot.id),
    components: (setting) => entities(potEntities, pot, setting),
    mayBeStale: true,
  };
}

function transactionsOf(kind: 'account' | 'pot', id: string): string {
  return `#/transactions?${new URLSearchParams({ [kind]: id }).toString()}`;
}

function documentOf(device: Device, settings: DiscoverySettings): DiscoveryDocument {
  const { topics, version, supportUrl } = settings;
  const support = supportUrl === undefined ? {} : { support_url: supportUrl };
  const page = settings.pageUrl?.() ?? '';
  return {
    device: {
      identifiers: [deviceIdentifier(device.id)],
      name: device.name,
      model_id: device.kind,
      ...device.block,
      ...(page === '' ? {} : { configuration_url: placeAt(page, device.place) }),
    },
    origin: { name: originName, sw_version: version, ...support },
    components: Object.fromEntries(device.components({ topics, device, asked: askedOf(settings) })),
  };
}

function entities<Subject>(
  rows: readonly EntityRow<Subject>[],
  subject: Subject,
  setting: ComponentSetting,
): (readonly [string, Component])[] {
  return rows
    .filter((row) => row.when?.(subject, setting.asked) ?? true)
    .map((row) => [row.key, entity(row, subject, setting)]);
}

function entity<Subject>(
  row: EntityRow<Subject>,
  subject: Subject,
  { topics, device }: ComponentSetting,
): Component {
  return {
    platform: row.platform,
    unique_id: `${device.kind === 'bridge' ? deviceIdentifier(device.id) : safeId(device.id)}_${row.key}`,
    default_entity_id: `${row.platform}.monzo_${device.slug}_${row.key}`,
    // Where a pot is called "Balance", its balance entity has the device's name alone.
    name: row.name.toLowerCase() === device.name.toLowerCase() ? null : row.name,
    ...(row.stateTopic ? { state_topic: row.stateTopic(topics, subject) } : {}),
    ...(row.commandTopic ? { command_topic: row.commandTopic(topics) } : {}),
    ...(row.commandTemplate ? { command_template: row.commandTemplate(subject) } : {}),
    ...(row.template === undefined ? {} : { value_template: row.template }),
    ...(row.attributes && row.stateTopic
      ? { json_attributes_topic: row.stateTopic(topics, subject), json_attributes_template: row.attributes }
      : {}),
    ...(row.currency ? moneySettings(row.currency(subject)) : {}),
    ...row.settings,
    ...(row.alwaysAvailable === true ? {} : availability(topics, device)),
    qos: 1,
  };
}

function availability(topics: Topics, device: Device) {
  const bridge = { topic: topics.bridge.state, value_template: '{{ value_json.state }}' };
  const own = { topic: topics.availability(device.id) };
  return { availability: device.mayBeStale ? [bridge, own] : [bridge], availability_mode: 'all' };
}

/**
 * Home Assistant finds a stored automation's trigger by device, type and subtype alone: a subtype that followed a name
 * would leave the automation without a trigger at the next restart after a rename.
 */
const triggerSubtype = 'Transaction';

function triggers(topic: string): (readonly [string, Component])[] {
  return accountTriggers.map(({ key, type, template, payload }) => [
    key,
    {
      platform: 'device_automation',
      automation_type: 'trigger',
      type,
      subtype: triggerSubtype,
      topic,
      value_template: template,
      payload,
      qos: 1,
    },
  ]);
}

/** A name as typed, without control characters and unpaired surrogates, at most 100 characters long. */
function printable(name: string): string {
  const clean = name
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return clean.slice(0, 100).toWellFormed().trim();
}
