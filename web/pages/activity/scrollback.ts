import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { sentenceOf, type Portion } from '../../api/client.ts';
import { count } from '../../format.ts';
import { texts } from '../../texts/activity.ts';
import { continued, touches, withNewest, type Placed, type Stretch } from './stretch.ts';

/** So many rows at first, and whenever something has happened. */
export const newestAtOnce = 20;
const olderAtOnce = 50;
/** So many steps are taken to close the gap that a long absence leaves; after that the log begins anew. */
const mostSteps = 5;

/** A log that grows on top by itself, and below when somebody asks for it. */
export class Scrollback<Row extends Placed> {
  readonly #host: ReactiveControllerHost;
  readonly #ask: (portion: Portion) => Promise<Stretch<Row>>;
  #held: Stretch<Row> = { items: [], next: null };
  #problem: string | null = null;
  #isAsking = false;

  constructor(host: ReactiveControllerHost, ask: (portion: Portion) => Promise<Stretch<Row>>) {
    this.#host = host;
    this.#ask = ask;
  }

  get items(): readonly Row[] {
    return this.#held.items;
  }

  get hasOlder(): boolean {
    return this.#held.next !== null;
  }

  /** Takes the newest rows, and reads what lies between them and what is held already. */
  async learn(newest: Stretch<Row>): Promise<void> {
    let upper = newest;
    for (let step = 0; step < mostSteps && this.items.length > 0 && !touches(this.#held, upper); step += 1)
      upper = continued(upper, await this.#below(upper));
    this.#held = withNewest(this.#held, upper);
  }

  /** How many rows are shown, and the way to those below; `older` is what that is called. */
  foot(older: string): TemplateResult {
    const { length } = this.items;
    const { shown } = texts;
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
        <p class="hint" role="status">${length === 0 ? nothing : shown(count(length), this.hasOlder)}</p>
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
      // Meanwhile the log may have begun anew.
      if (this.#held.next === next) this.#held = continued(this.#held, lower);
    } catch (thrown) {
      this.#problem = sentenceOf(thrown);
    } finally {
      this.#isAsking = false;
      this.#host.requestUpdate();
    }
  }

  #below({ next }: Stretch<Row>): Promise<Stretch<Row>> {
    return this.#ask({ limit: olderAtOnce, ...(next !== null && { cursor: next }) });
  }
}
