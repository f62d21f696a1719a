import { Task, TaskStatus } from '@lit/task';
import type { ReactiveControllerHost } from 'lit';
import { Refusal, sentenceOf } from '../api/client.ts';
import type { Page } from '../page.ts';
import { texts } from '../texts/offline.ts';

export interface AnswerOptions<Args extends readonly unknown[], T> {
  /** What the request depends on: it is repeated when one of them changes. */
  readonly args: () => Args;
  readonly ask: (args: Args, signal: AbortSignal) => Promise<T>;
}

/** The bridge's last answer to a request. It stays visible while the next one is loading, or if that fails. */
export interface Answer<T> {
  readonly value: T | null;
  /** Why the last attempt failed, as a sentence. */
  readonly problem: string | null;
  readonly busy: boolean;
  again(): void;
}

/** Sends requests for one part of the page; an older answer never replaces a newer one. */
export function answerFor<const Args extends readonly unknown[], T>(
  host: ReactiveControllerHost & { readonly page: Page },
  { args, ask }: AnswerOptions<Args, T>,
): Answer<T> {
  let value: T | null = null;
  const isAway = () => host.page.knowledge.trouble !== null;
  const task = new Task<Args, T>(host, {
    args,
    task: (current, { signal }) => ask(current, signal),
    onComplete: (answer) => {
      value = answer;
    },
    onError: (thrown) => {
      if (thrown instanceof Refusal && thrown.code === 'unauthorised') void host.page.store.refresh();
    },
  });
  let renewals: number | null = null;
  host.addController({
    hostUpdate() {
      const { renewals: now } = host.page;
      if (renewals !== null && renewals !== now) void task.run();
      renewals = now;
    },
  });
  return {
    get value() {
      return value;
    },
    get problem() {
      if (task.status !== TaskStatus.ERROR) return null;
      // The top of the page says it for all of them.
      const isSaid = task.error instanceof Refusal && task.error.code === 'unreachable' && isAway();
      if (!isSaid) return sentenceOf(task.error);
      return value === null ? texts.unopened : null;
    },
    get busy() {
      return task.status === TaskStatus.PENDING;
    },
    again: () => void task.run(),
  };
}
