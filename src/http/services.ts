import type { PartHealth } from '../domain/health.ts';
import type { Login } from '../domain/login.ts';
import type { View } from '../domain/view.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { SignIn } from '../logins/sign-in.ts';
import type { Store } from '../store/store.ts';

/** What the two listeners may use of the program; the composition root hands it over. */
export interface Services {
  readonly version: string;
  readonly registry: LoginRegistry;
  readonly signIn: SignIn;
  readonly store: Store;
  readonly view: () => View;
  readonly health: () => readonly PartHealth[];
  readonly sinks: () => readonly SinkPosition[];
  /** Tries a login again with what is stored; resolves with the login as it then is. */
  readonly reload: (loginId: string) => Promise<Login>;
  /** Removes a login with everything that only it could see. */
  readonly removeLogin: (loginId: string, keepHistory: boolean) => Promise<void>;
  /** Whose sign-in a state belongs to, without using it up; null for a state that was never given out. */
  readonly loginOfState: (state: string) => string | null;
  /** The account whose doorbell key this is, compared in constant time; null for a key that is nobody's. */
  readonly accountOfKey: (key: string) => string | null;
  /** A doorbell rang: look, soon. Never throws. */
  readonly ring: (accountId: string) => void;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

export interface SinkPosition {
  readonly name: string;
  readonly cursor: number;
  readonly undelivered: number;
}
