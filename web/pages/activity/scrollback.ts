import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { sentenceOf, type Portion } from '../../api/client.ts';
import { texts } from '../../texts/activity.ts';
import { continued, touches, withNewest, type Placed, type LogRows } from './log-rows.ts';

/** Rows to load at first and after every change. */
export const newestAtOnce = 20;
const olderAtOnce = 50;
/** At most this many requests close the gap after a long absence; after that the log starts anew. */
const mostSteps = 5;

/** A log that grows at the top by itself, and at the bottom on request. */
export class Scrollback<Row extends Placed> {
  readonly #host: ReactiveControllerHost;
  readonly #ask: (portion: Portion) => Promise<LogRows<Row>>;
  #held: LogRows<Row> = { items: [], next: null };
  #problem: string | null = null;
  #isAsking = false;

  constructor(host: ReactiveControllerHost, ask: (portion: Portion) => Promise<LogRows<Row>>) {
    this.#host = host;
    this.#ask = ask;
  }

  get items(): readonly Row[] {
    return this.#held.items;
  }

  get hasOlder(): boolean {
    return this.#held.next !== null;
  }

  /** Takes the newest rows, and loads the rows between them and those already held. */
  async learn(newest: LogRows<Row>): Promise<void> {
    let upper = newest;
    for (let step = 0; step < mostSteps && this.items.length > 0 && !touches(this.#held, upper); step += 1)
      upper = continued(upper, await this.#below(upper));
    this.#held = withNewest(this.#held, upper);
  }

  /** How many rows are shown, and a button labelled `older` for the rows below. */
  foot(older: string): TemplateResult {
    const { length } = this.items;
    const shown = this.hasOlder ? texts.shown : texts.allShown;
    return html`<div role="alert">
        ${this.#problem === null ? nothing : html`<p class="notice bad">${this.#problem}</p>`}
      </div>
      <div class="foot">
        ${
          this.hasOlder
            ? html`<button
                type="button"
                class="quiet"
                aria-disabled=${this.#isAsking}
                @click=${() => void this.#more()}
              >
                ${older}
              </button>`
            : nothing
        }
        <p class="hint" role="status">${length === 0 ? nothing : shown(length)}</p>
      </div>`;
  }

  async #more(): Promise<void> {
    if (this.#isAsking) return;
    const { next } = this.#held;
    this.#isAsking = true;
    this.#problem = null;
    this.#host.requestUpdate();
    try {
      const lower = await this.#below(this.#held);
      // The log may have started anew meanwhile.
      if (this.#held.next === next) this.#held = continued(this.#held, lower);
    } catch (thrown) {
      this.#problem = sentenceOf(thrown);
    } finally {
      this.#isAsking = false;
      this.#host.requestUpdate();
    }
  }

  #below({ next }: LogRows<Row>): Promise<LogRows<Row>> {
    return this.#ask({ limit: olderAtOnce, ...(next !== null && { cursor: next }) });
  }
}
