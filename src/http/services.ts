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
import type { LiveOutput } from '../outputs/live/live.ts';
import type { Reader } from '../store/reader.ts';
import type { Store } from '../store/store.ts';
import type { ActionsDecision, ActionsItem } from '../contract/home-assistant-data.ts';
import type { CountedCall } from './metrics.ts';

/** Whether events are kept for a Home Assistant that is away. */
export interface HomeAssistantStanding {
  readonly state: () => 'never_seen' | 'seen' | 'gone';
  /** A person says that it is not coming back. */
  readonly isGone: () => void;
}

/** Where a person sees how the actions in Home Assistant stand, and decides about them. */
export interface ActionsConsent {
  readonly show: () => ActionsItem;
  /** Resolves when it is done, or at once while Home Assistant is away. Throws `no_home_assistant`, `decided_by_setting`. */
  readonly decide: (decision: ActionsDecision) => Promise<ActionsItem>;
}

/** What the two listeners may use of the program; the composition root hands it over. */
export interface Services {
  readonly version: string;
  readonly registry: LoginRegistry;
  readonly signIn: SignIn;
  readonly store: Store;
  readonly rails: RailsStore;
  readonly moneyPause: Pick<MoneyPause, 'isPaused' | 'reason'>;
  /** What is shown right now, and every change of it. */
  readonly live: LiveOutput;
  /** Whatever is searched, added up or exported. */
  readonly reader: Reader;
  readonly view: () => View;
  readonly health: () => readonly PartHealth[];
  readonly sinks: () => readonly SinkStatus[];
  /** Lets events that were put aside be sent again: all, or those of one sink or with one id. Returns how many. */
  readonly retryParked: (choice: ParkedChoice) => number;
  readonly homeAssistant: HomeAssistantStanding;
  /** Tries a login again with what is stored; resolves with the login as it then is. */
  readonly reload: (loginId: string) => Promise<Login>;
  /** Removes a login with everything that only it could see. */
  readonly removeLogin: (loginId: string, keepHistory: boolean) => Promise<void>;
  /** The person says that they renewed the approval in the Monzo app. */
  readonly approvalRenewed: (loginId: string) => Login;
  /** Home Assistant's webhook that a sign-in can come back through; null or left out where there is none. */
  readonly homeAssistantRedirect?: () => string | null;
  /** Whose sign-in a state belongs to, without using it up; null for a state that was never given out. */
  readonly loginOfState: (state: string) => string | null;
  /** The account whose doorbell key this is, compared in constant time; null for a key that is nobody's. */
  readonly accountOfKey: (key: string) => string | null;
  /** A doorbell rang, with whatever the caller wrote: look, soon. Never throws. */
  readonly ring: (accountId: string, body: string) => void;
  readonly commands: CommandTable;
  readonly actions: ActionsConsent;
  /** How every account's webhook stands. */
  readonly subscriptions: () => readonly Subscription[];
  /** How many webhooks are wanted for a login, and how many of them are at the bank. */
  readonly webhooksOf: (loginId: string) => { readonly wanted: number; readonly actual: number };
  /** A new link that signs one browser in to the page, once, within ten minutes. */
  readonly signInLink: () => string;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** Since when this process runs. */
  readonly startedAt: Instant;
  /** How a login's calls to the bank go. Throws `unknown_login`. */
  readonly callsOf: (loginId: string) => TransportHealth;
  readonly doorbells: () => DoorbellActivity;
  /** How often the bank was called, by method, path without ids, and outcome. */
  readonly calls: () => Promise<readonly CountedCall[]>;
  /** The settings that differ from their defaults. */
  readonly settings: () => ReadonlyMap<string, unknown>;
  /** A name for an id that says nothing about it, the same one every time. */
  readonly pseudonymOf: (id: string) => string;
}
