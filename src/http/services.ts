import type { CommandTable } from '../commands/command.ts';
import type { createNarrowing } from '../commands/targets.ts';
import type { OptionalEntities } from '../commands/optional-entities.ts';
import type { MoneyPause, RailsStore } from '../commands/rails-store.ts';
import type { BlueprintList, BlueprintRemoval, BlueprintsWanted } from '../contract/blueprint-data.ts';
import type {
  ActionsDecision,
  ActionsItem,
  DashboardItem,
  DashboardOrder,
  Readers,
} from '../contract/home-assistant-data.ts';
import type { Check } from '../domain/check.ts';
import type { Former, PartHealth, ShownView, View } from '../domain/view.ts';
import type { Instant } from '../domain/values.ts';
import type { AddressTest } from '../ingest/address-test.ts';
import type { Doorbell } from '../ingest/doorbell.ts';
import type { PollerPool } from '../ingest/poller-pool.ts';
import type { Subscriptions } from '../ingest/subscriptions.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { SignIn } from '../logins/sign-in.ts';
import type { BankWatch } from '../monzo/watch/bank-watch.ts';
import type { DeletedDevices, HomeAssistantPresence } from '../outputs/home-assistant-presence.ts';
import type { HomeAssistantConnection } from '../outputs/home-assistant/home-assistant-connection.ts';
import type { LiveOutput } from '../outputs/live-output.ts';
import type { OutputManager } from '../outputs/manager.ts';
import type { BankPositions } from '../store/bridge-records.ts';
import type { Reader } from '../store/reader.ts';
import type { Store } from '../store/store.ts';
import type { Metrics } from './metrics.ts';

/** The state of the actions in Home Assistant, and a person's decision about them. */
export interface ActionsConsent {
  readonly show: () => ActionsItem;
  /** Resolves when it is done, or at once while Home Assistant is away. Throws `no_home_assistant`, `decided_by_setting`. */
  readonly decide: (decision: ActionsDecision) => Promise<ActionsItem>;
  /** Throws `no_home_assistant`. */
  readonly allowReading: (readers: Readers) => ActionsItem;
}

/** The Money dashboard in Home Assistant, and what a person asks for. All throw `no_home_assistant`, but for `show`. */
export interface DashboardOrders {
  /** Looks at what Home Assistant has, where it is connected. */
  readonly show: () => Promise<DashboardItem>;
  /**
   * Adds the dashboard, or changes who has it in the sidebar. Resolves when it is done, or at once while Home Assistant is
   * away. Throws `no_dashboards`, `dashboard_file_by_hand`, `dashboard_not_built`.
   */
  readonly add: (order: DashboardOrder) => Promise<DashboardItem>;
  /** The same for removing it. Throws `dashboard_of_another_bridge`. */
  readonly remove: () => Promise<DashboardItem>;
  /** The file that draws it, for those who add it themselves. Throws `dashboard_not_built`. */
  readonly file: () => Promise<string>;
}

/** The bridge’s blueprints in Home Assistant, and what a person asks for. All throw `no_blueprint_files`. */
export interface BlueprintOrders {
  /** Looks at what Home Assistant has, where it is connected. */
  readonly show: () => Promise<BlueprintList>;
  /**
   * Installs blueprints, or updates those that are there. Resolves when it is done, or at once while Home Assistant is away.
   * Throws `no_home_assistant`, `unknown_blueprint`, `no_automations`, `home_assistant_too_old`.
   */
  readonly install: (wanted: BlueprintsWanted) => Promise<BlueprintList>;
  /** The same for removing them. Throws `blueprint_in_use` and `blueprint_edited` in place of the last one. */
  readonly remove: (removal: BlueprintRemoval) => Promise<BlueprintList>;
}

/** Facts about this bridge that do not change while it runs. */
export interface About {
  readonly version: string;
  readonly startedAt: Instant;
  /** The settings that differ from their defaults. */
  readonly settings: ReadonlyMap<string, unknown>;
  /** A name for an id that says nothing about it, always the same for the same id. */
  readonly pseudonymOf: (id: string) => string;
  /** Stands for a secret in the database; useless without the secret key. */
  readonly fingerprintOf: (secret: string) => string;
}

/** All that talks to the bank. */
export interface Bank {
  readonly registry: LoginRegistry;
  readonly signIn: SignIn;
  readonly pool: PollerPool;
  readonly doorbell: Doorbell;
  readonly addressTest: AddressTest;
  readonly subscriptions: Subscriptions;
  readonly positions: BankPositions;
  /** Looks at the body of a call that rang. */
  readonly rang: BankWatch['rang'];
  /** Removes a login with everything that only it could see. Throws `unknown_login`. */
  readonly removeLogin: (loginId: string, keepHistory: boolean) => Promise<void>;
}

/** The limits of money moves, and whether moves are paused. */
export interface Money {
  readonly rails: RailsStore;
  readonly moneyPause: Pick<MoneyPause, 'isPaused' | 'reason'>;
}

/** What the bridge does in Home Assistant. */
export interface HomeAssistant {
  readonly presence: HomeAssistantPresence;
  /** The devices that people deleted in Home Assistant. */
  readonly deletedDevices: DeletedDevices;
  /** Null where no address and token are set. */
  readonly connection: Pick<HomeAssistantConnection, 'redirectUri' | 'standingOf' | 'onLost'> | null;
  readonly actions: ActionsConsent;
  readonly dashboard: DashboardOrders;
  readonly blueprints: BlueprintOrders;
}

/** The entities in Home Assistant that a person asks for. */
type EntityChoices = Pick<OptionalEntities, 'document' | 'set'>;

/** What the two listeners use of the program; the composition root hands it over. */
export interface Services {
  readonly about: About;
  readonly view: () => View;
  /** The view with what the bridge itself works out. */
  readonly shownView: () => ShownView;
  /** The accounts and pots that are shown no more. */
  readonly former: () => readonly Former[];
  readonly health: () => readonly PartHealth[];
  /** Looks at everything now, also at what has to be called for that. Never rejects. */
  readonly checks: () => Promise<readonly Check[]>;
  readonly store: Store;
  /** Answers searches, sums and exports. */
  readonly reader: Reader;
  readonly bank: Bank;
  readonly money: Money;
  readonly commands: CommandTable;
  /** The accounts and pots that questions and settings name. */
  readonly narrowing: ReturnType<typeof createNarrowing>;
  readonly outputs: OutputManager;
  /** The current snapshot, and every change of it. */
  readonly live: LiveOutput;
  readonly homeAssistant: HomeAssistant;
  readonly optionalEntities: EntityChoices;
  readonly metrics: Metrics;
}
