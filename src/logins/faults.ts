import { approvalNotices, type Login, type LoginState } from '../domain/login.ts';
import { BridgeError, messageOf } from '../errors.ts';
import { BankError } from '../monzo/transport.ts';
import { faultTable, type During, type FaultRow, type KnownState, type LoginFault } from './fault-table.ts';
import type { Remedy } from './remedies.ts';

/** What a fault does to a login: the state it goes to (null: it stays), what its person is told, and what helps. */
export interface Consequence {
  readonly state: LoginState | null;
  readonly needs: string;
  /** Null where the fault is not one of logins. */
  readonly remedy: Remedy | null;
}

const rows: ReadonlyMap<string, FaultRow> = new Map(
  faultTable.map((row) => [`${row.during} ${row.fault}`, row]),
);

/** What a thrown error means for a login; errors that are not about logins leave its state alone. */
export function consequenceOf(login: Login, thrown: unknown, during: During = 'reading'): Consequence {
  const fault = thrown instanceof BankError ? thrown.fault : thrown instanceof BridgeError ? thrown.code : '';
  const cell = rowOf(fault, during)?.cells[login.state as KnownState];
  if (!cell) return { state: null, needs: messageOf(thrown), remedy: null };
  return { state: cell.state, needs: cell.needs(login), remedy: cell.remedy };
}

export interface SignInRefusal {
  readonly fault: Extract<LoginFault, 'cancelled' | 'no_refresh_token' | 'other_person' | 'person_connected'>;
  /** The name of the login that is in the way. */
  readonly other?: string;
}

/** What it means for a login that a sign-in came back and cannot be accepted. */
export function consequenceOfRefusal(login: Login, { fault, ...facts }: SignInRefusal): Consequence {
  const cell = rowOf(fault, 'sign_in')?.cells[login.state as KnownState];
  if (!cell) return { state: null, needs: login.needs ?? '', remedy: null };
  return { state: cell.state, needs: cell.needs({ ...login, ...facts }), remedy: cell.remedy };
}

/** What is known of a login that its remedy follows from. */
export type TroubledLogin = Pick<Login, 'name' | 'redirectUri' | 'state' | 'needs'>;

const usual: Readonly<Partial<Record<LoginState, Remedy>>> = {
  authorising: 'sign_in',
  awaiting_approval: 'approve',
  needs_approval: 'approve',
  needs_authorisation: 'sign_in',
};

/** What helps a login, by what it says; null while nothing is needed, or nothing is known to help. */
export function remedyOf(login: TroubledLogin): Remedy | null {
  const { state, needs } = login;
  if (needs === null) return null;
  if (approvalNotices.some((beginning) => needs.startsWith(beginning))) return 'renew_approval';
  const told = faultTable
    .flatMap(({ cells }) => Object.values(cells))
    .find((cell) => cell.state === state && says(needs, cell.needs({ ...login, needs: null })));
  return told?.remedy ?? usual[state] ?? null;
}

/** A name that is not known here stands as “…” in the sentence. */
function says(needs: string, sentence: string): boolean {
  return sentence.split('…').every((part) => needs.includes(part));
}

/** What cannot happen while doing one thing is looked up as if it had happened while doing the other. */
function rowOf(fault: string, during: During): FaultRow | undefined {
  return rows.get(`${during} ${fault}`) ?? rows.get(`reading ${fault}`) ?? rows.get(`sign_in ${fault}`);
}
