import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';
import type { Page } from '../page.ts';
import { common } from '../texts/common.ts';

export interface DeedButton {
  readonly label: string;
  /** What screen readers say where the label alone does not tell. */
  readonly name?: string;
  readonly kind?: 'main' | 'quiet';
  readonly work: () => Promise<unknown>;
}

/** What the buttons of one part of the page do, one thing at a time. A refusal is shown at the top of the page. */
export interface Deeds {
  run(work: () => Promise<unknown>): void;
  button(button: DeedButton): TemplateResult;
}

/** `after` is called once something is done or refused. */
export function deedsFor(host: ReactiveControllerHost & { readonly page: Page }, after: () => void): Deeds {
  let isBusy = false;
  const become = (next: boolean) => {
    isBusy = next;
    host.requestUpdate();
  };
  const run: Deeds['run'] = (work) => {
    if (isBusy) return;
    become(true);
    host.page.act(async () => {
      try {
        await work();
      } finally {
        become(false);
        after();
      }
    });
  };
  return {
    run,
    button: ({ label, name, kind = 'quiet', work }) =>
      html`<button
        type="button"
        class="${kind} small"
        aria-label=${name ?? nothing}
        aria-disabled=${isBusy}
        @click=${() => run(work)}
      >
        ${isBusy ? common.busy : label}
      </button>`,
  };
}
