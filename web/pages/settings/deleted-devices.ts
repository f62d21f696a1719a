import './sessions.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { readDeletedDevices, restoreDevices, type DeletedDevice } from '../../api/home-assistant.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { answered } from '../../parts/answered.ts';
import { deedsFor } from '../../parts/deeds.ts';
import { strangerInList, visible } from '../../parts/stranger.ts';
import { deletedTexts as texts } from '../../texts/home-assistant.ts';

/** The devices that were deleted in Home Assistant, each with a button that brings it back. */
export class DeletedDevices extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;
  readonly #devices = answerFor(this, {
    args: () => [],
    ask: (_args, signal) => readDeletedDevices(this.page.call, signal),
  });
  readonly #deeds = deedsFor(this, () => this.#devices.again());

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const { value, problem } = this.#devices;
    if (problem === null && (value ?? []).length === 0) return nothing;
    return html`<section aria-labelledby="deleted-devices">
      <h2 id="deleted-devices">${texts.heading}</h2>
      ${answered(this.#devices, (devices) => this.#content(devices))}
    </section>`;
  }

  #content(devices: readonly DeletedDevice[]) {
    if (devices.length === 0) return nothing;
    return html`<p class="soft">${texts.intro}</p>
      <article class="card">
        <ul class="browsers" aria-label=${texts.heading}>
          ${devices.map((device) => this.#device(device))}
        </ul>
        ${
          devices.length < 2
            ? nothing
            : html`<div class="buttons">
                ${this.#button(
                  texts.restoreAll,
                  texts.restoreAll,
                  devices.map(({ id }) => id),
                )}
              </div>`
        }
      </article>`;
  }

  #device({ id, kind, name }: DeletedDevice): TemplateResult {
    return html`<li>
      <p>${strangerInList(name)}</p>
      <p class="soft">${texts.kinds[kind] ?? ''}</p>
      ${this.#button(texts.restore, texts.restoreOf(visible(name)), [id])}
    </li>`;
  }

  #button(label: string, name: string, ids: readonly string[]): TemplateResult {
    return this.#deeds.button({ label, name, work: () => restoreDevices(this.page.call, ids) });
  }
}

customElements.define('mb-deleted-devices', DeletedDevices);
