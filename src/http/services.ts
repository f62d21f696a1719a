import type { CommandTable } from '../commands/command.ts';
import type { MoneyPause, RailsStore } from '../commands/rails.ts';
import type { ParkedChoice, SinkStatus } from '../domain/delivery.ts';
import type { PartHealth, View } from '../domain/view.ts';
import type { Login } from '../domain/login.ts';
import type { Instant } from '../domain/values.ts';
import type { Subscription } from '../ingest/subscriptions.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { SignIn } from '../logins/sign-in.ts';
import type { DoorbellActivity } from '../ingest/doorbell.ts';
import type { TransportHealth } from '../monzo/transport.ts';
import type { HomeAssistantPresence } from '../outputs/home-assistant-presence.ts';
import type { LiveOutput } from '../outputs/live/live.ts';
import type { Reader } from '../store/reader.ts';
import type { Store } from '../store/store.ts';
import type { ActionsDecision, ActionsItem } from '../contract/home-assistant-data.ts';
import type { CountedCall } from './metrics.ts';

/** The state of the actions in Home Assistant, and a person's decision about them. */
export interface ActionsConsent {
  readonly show: () => ActionsItem;
  /** Resolves when it is done, or at once while Home Assistant is away. Throws `no_home_assistant`, `decided_by_setting`. */
  readonly decide: (decision: ActionsDecision) => Promise<ActionsItem>;
}

/** The parts of the program that the two listeners use. */
export interface Services {
  readonly version: string;
  readonly registry: LoginRegistry;
  readonly signIn: SignIn;
  readonly store: Store;
  readonly rails: RailsStore;
  readonly moneyPause: Pick<MoneyPause, 'isPaused' | 'reason'>;
  /** The newest snapshot, and every change of it. */
  readonly live: LiveOutput;
  /** Searches, sums and exports. */
  readonly reader: Reader;
  readonly view: () => View;
  readonly health: () => readonly PartHealth[];
  readonly sinks: () => readonly SinkStatus[];
  /** Sends parked events again: all, or those of one sink or with one id. Returns how many. */
  readonly retryParked: (choice: ParkedChoice) => number;
  readonly homeAssistant: Pick<HomeAssistantPresence, 'state' | 'markGone'>;
  /** Tries a login again with what is stored; resolves with the login as it then is. */
  readonly reload: (loginId: string) => Promise<Login>;
  /** Removes a login with everything that no other login sees. */
  readonly removeLogin: (loginId: string, keepHistory: boolean) => Promise<void>;
  /** The person says that they renewed the approval in the Monzo app. */
  readonly approvalRenewed: (loginId: string) => Login;
  /** Home Assistant's webhook that a sign-in can come back through; null or left out where there is none. */
  readonly homeAssistantRedirect?: () => string | null;
  /** The login whose sign-in a state belongs to; the state stays valid. Null for an unknown state. */
  readonly loginOfState: (state: string) => string | null;
  /** The account whose doorbell key this is, compared in constant time; null for an unknown key. */
  readonly accountOfKey: (key: string) => string | null;
  /** A doorbell rang, with the body that was sent: reads the account soon. Never throws. */
  readonly ring: (accountId: string, body: string) => void;
  readonly commands: CommandTable;
  readonly actions: ActionsConsent;
  /** Every account's webhook. */
  readonly subscriptions: () => readonly Subscription[];
  /** How many webhooks are wanted for a login, and how many of them are at the bank. */
  readonly webhooksOf: (loginId: string) => { readonly wanted: number; readonly actual: number };
  /** A new link that signs one browser in to the page, once, within ten minutes. */
  readonly signInLink: () => string;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** When this process started. */
  readonly startedAt: Instant;
  /** The state of a login's calls to the bank. Throws `unknown_login`. */
  readonly callsOf: (loginId: string) => TransportHealth;
  readonly doorbells: () => DoorbellActivity;
  /** How often the bank was called, by method, path without ids, and outcome. */
  readonly calls: () => Promise<readonly CountedCall[]>;
  /** The settings that differ from their defaults. */
  readonly settings: () => ReadonlyMap<string, unknown>;
  /** A pseudonym for an id, the same one every time. */
  readonly pseudonymOf: (id: string) => string;
}
