import { newRequestId } from '../../web/move/move-request.ts';
import type { Hass } from '../hass.ts';
import { outcomeOf, type Answer, type Direction, type Outcome } from './outcome.ts';

/** What a person wants to move. */
export interface Draft {
  readonly direction: Direction;
  /** Decimal text in major units, as the action takes it. */
  readonly amount: string;
}

interface Pending extends Draft {
  readonly requestId: string;
}

export interface SessionTools {
  /** The pot's device. */
  readonly pot: string;
  /** Calls the action and resolves with its answer. Rejects as `callService` does. */
  readonly ask: (data: Answer) => Promise<unknown>;
  readonly newId: () => string;
  /** Keeps a move while the browser's tab is open, so that it stays the same move when the page is loaded again. May throw. */
  readonly memory: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** The place in the memory. */
  readonly key: string;
}

/** `form` with a sentence: why the last check was refused; null where it had no answer. */
export type Progress =
  | { readonly kind: 'form' | 'checking' | 'moving'; readonly sentence?: string | null }
  | (Omit<Outcome, 'kind'> & { readonly kind: 'confirm' })
  | Outcome;

const nothingSaid: Outcome = { kind: 'unknown', sentence: null, answer: {} };

/** One pot's move from the form to its outcome. Fires `change`; it lives on while no dialog shows it. */
export class MoveSession extends EventTarget {
  readonly #tools: SessionTools;
  #progress: Progress = { kind: 'form' };
  #draft: Draft | undefined;
  /** One id for a move, from its check until its outcome is known: whatever is sent with it moves money once. */
  #requestId: string | undefined;

  constructor(tools: SessionTools) {
    super();
    this.#tools = tools;
    const pending = this.#remembered();
    if (!pending) return;
    this.#draft = pending;
    this.#requestId = pending.requestId;
    this.#progress = nothingSaid;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** What is being moved; undefined before anything was asked for. */
  get draft(): Draft | undefined {
    return this.#draft;
  }

  /** Whether money may be on its way, or may have moved. */
  get isOpen(): boolean {
    return this.#progress.kind === 'moving' || this.#progress.kind === 'unknown';
  }

  /** Asks for a trial, whose result a person confirms. Without effect while anything else is going on. */
  async check(draft: Draft): Promise<void> {
    if (this.#progress.kind !== 'form') return;
    const { direction, amount } = this.#draft ?? {};
    if (direction !== draft.direction || amount !== draft.amount) this.#requestId = undefined;
    this.#requestId ??= this.#tools.newId();
    this.#draft = draft;
    const checking = this.#become({ kind: 'checking' });
    const outcome = await this.#answerTo({ dry_run: true });
    // The person may have left meanwhile.
    if (this.#progress !== checking) return;
    // A trial moves nothing, whatever became of it.
    const { kind, sentence } = outcome;
    this.#become(kind === 'trial' ? { ...outcome, kind: 'confirm' } : { kind: 'form', sentence });
  }

  /** Makes the move that was checked. A second tap finds it under way. */
  async confirm(): Promise<void> {
    if (this.#progress.kind === 'confirm') await this.#send();
  }

  /** Asks for the same move again, with the same id. */
  async askAgain(): Promise<void> {
    if (this.#progress.kind === 'unknown') await this.#send();
  }

  /** Back to the form, unless money may be under way. */
  back(): void {
    if (!this.isOpen) this.#become({ kind: 'form' });
  }

  /** The dialog was closed: what is under way goes on, and an outcome that was seen is done with. */
  leave(): void {
    if (!this.isOpen) this.#draft = undefined;
    this.#become(this.isOpen ? this.#progress : { kind: 'form' });
  }

  async #send(): Promise<void> {
    const { key, memory } = this.#tools;
    const pending = JSON.stringify({ ...this.#draft, requestId: this.#requestId });
    // A browser that keeps nothing still has the move until the page is left.
    quietly(() => memory().setItem(key, pending));
    this.#become({ kind: 'moving' });
    const outcome = await this.#answerTo({ request_id: this.#requestId });
    if (outcome.kind !== 'unknown') {
      this.#requestId = undefined;
      quietly(() => memory().removeItem(key));
    }
    this.#become(outcome);
  }

  async #answerTo(more: Answer): Promise<Outcome> {
    const { direction, amount } = this.#draft ?? {};
    const data = { pot: this.#tools.pot, transfer_type: direction, amount, on_failure: 'answer', ...more };
    // Home Assistant may have lost the answer and not the question.
    return this.#tools.ask(data).then(outcomeOf, () => nothingSaid);
  }

  #become(progress: Progress): Progress {
    this.#progress = progress;
    this.dispatchEvent(new Event('change'));
    return progress;
  }

  #remembered(): Pending | undefined {
    const { key, memory } = this.#tools;
    const kept = quietly(() => JSON.parse(memory().getItem(key) ?? 'null') as Pending | null);
    return typeof kept?.requestId === 'string' ? kept : undefined;
  }
}

function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

const sessions = new Map<string, MoveSession>();

/**
 * The move of a pot by the person who is signed in. There is one, whichever card or tile shows it: a dashboard that is
 * drawn again, as after a lost connection, finds the move that is under way.
 */
export function sessionFor(hass: Hass, pot: string): MoveSession {
  const key = `monzo-bridge.${hass.user?.id}.${pot}`;
  const session =
    sessions.get(key) ??
    new MoveSession({
      pot,
      key,
      memory: () => sessionStorage,
      newId: () => newRequestId((bytes) => crypto.getRandomValues(bytes), 'card'),
      ask: (data) => answerOf(hass, 'monzo_pot_transfer', data),
    });
  sessions.set(key, session);
  return session;
}

/** Calls one of the bridge's actions and resolves with its answer. Rejects as `callService` does. */
export async function answerOf(hass: Hass, action: string, data: Answer): Promise<unknown> {
  return (await hass.callService('script', action, data, undefined, false, true)).response;
}
