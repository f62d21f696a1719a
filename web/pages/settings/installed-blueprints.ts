import './blueprints.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import {
  installBlueprints,
  readBlueprints,
  removeBlueprints,
  type Blueprint,
  type Blueprints,
  type CopyState,
} from '../../api/blueprints.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { answered } from '../../parts/answered.ts';
import { deedsFor } from '../../parts/deeds.ts';
import { strangerInList } from '../../parts/stranger.ts';
import { common } from '../../texts/common.ts';
import { blueprintTexts as texts } from '../../texts/blueprints.ts';
import { placeWords } from '../../texts/places.ts';
import { isMissing, ofBlueprints } from './states.ts';

/** Lets a person install the bridge's blueprints in Home Assistant, update and remove them, or import them by their links. */
export class InstalledBlueprints extends LitElement {
  static override properties = {
    page: { attribute: false },
    asked: { state: true },
  };
  declare page: Page;
  /** The one whose replacement is asked about. */
  declare asked: string | null;
  readonly #blueprints = answerFor(this, {
    args: () => [],
    ask: (_args, signal) => readBlueprints(this.page.call, signal),
  });
  readonly #deeds = deedsFor(this, () => this.#blueprints.again());

  constructor() {
    super();
    this.asked = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answered(this.#blueprints, (found) => html`<article class="card">${this.#list(found)}</article>`);
  }

  #list(found: Blueprints): TemplateResult {
    const { connection, sentence, blueprints } = found;
    const canInstall =
      connection !== 'none' && blueprints.some((one) => isMissing(one) && one.order === null);
    const installAll = this.#deeds.button({
      label: texts.installAll,
      kind: 'main',
      work: () => installBlueprints(this.page.call, {}),
    });
    return html`${sentence === null ? nothing : html`<p class="notice warn">${sentence}</p>`}
      ${canInstall ? html`<div class="buttons">${installAll}</div>` : nothing}
      <details>
        <summary>${ofBlueprints(found).sentence}</summary>
        <ul class="blueprints" aria-label=${placeWords['settings/blueprints'].name}>
          ${blueprints.map((blueprint) => this.#blueprint(found, blueprint))}
        </ul>
      </details>`;
  }

  #blueprint({ connection }: Blueprints, blueprint: Blueprint): TemplateResult {
    const { name, title, description, order, sentence, copies } = blueprint;
    const users = (copies ?? []).flatMap(({ automations }) => automations ?? []);
    return html`<li>
      <p class="named"><strong>${title}</strong> ${chip(blueprint)}</p>
      <p class="soft described">${description}</p>
      ${sentence === null ? nothing : html`<p>${sentence}</p>`}
      ${users.length === 0 ? nothing : html`<p class="soft">${usedBy(users)}</p>`}
      ${order === null ? nothing : html`<p class="notice warn">${texts.waiting[order]}</p>`}
      ${this.asked === name ? html`<p class="notice warn">${texts.sure}</p>` : nothing}
      <div class="buttons">
        ${connection === 'none' ? nothing : this.#buttons(blueprint)}
        ${isMissing(blueprint) || copies === null ? importLink(blueprint) : nothing}
      </div>
    </li>`;
  }

  #buttons(blueprint: Blueprint) {
    const { name, order } = blueprint;
    const has = (states: ReadonlySet<CopyState>) => hasAny(blueprint, states);
    const install =
      (label: string, replace = false) =>
      () =>
        this.#button(blueprint, label, () => installBlueprints(this.page.call, { names: [name], replace }));
    const remove = (label: string) =>
      this.#button(blueprint, label, () => removeBlueprints(this.page.call, { names: [name] }));
    if (order === 'install') return remove(texts.cancel);
    if (order === 'remove') return install(texts.keep)();
    if (this.asked === name) return this.#sure(blueprint);
    return html`${isMissing(blueprint) ? install(texts.install)() : nothing}
    ${has(outdated) ? install(texts.update)() : nothing}
    ${has(imported) ? install(texts.adopt, true)() : nothing} ${has(foreign) ? this.#ask(blueprint) : nothing}
    ${has(removable) ? remove(texts.remove) : nothing}`;
  }

  #ask({ name, title }: Blueprint): TemplateResult {
    return html`<button
      type="button"
      class="quiet small"
      aria-label=${texts.of(texts.replace, title)}
      @click=${() => (this.asked = name)}
    >
      ${texts.replace}
    </button>`;
  }

  #sure(blueprint: Blueprint): TemplateResult {
    const { name, title } = blueprint;
    const replace = this.#button(blueprint, texts.replaceNow, async () => {
      this.asked = null;
      await installBlueprints(this.page.call, { names: [name], replace: true });
    });
    return html`${replace}<button
        type="button"
        class="quiet small"
        aria-label=${texts.of(common.cancel, title)}
        @click=${() => (this.asked = null)}
      >
        ${common.cancel}
      </button>`;
  }

  #button({ title }: Blueprint, label: string, work: () => Promise<unknown>): TemplateResult {
    return this.#deeds.button({ label, name: texts.of(label, title), work });
  }
}

const outdated: ReadonlySet<CopyState> = new Set(['outdated']);
const imported: ReadonlySet<CopyState> = new Set(['imported']);
const foreign: ReadonlySet<CopyState> = new Set(['newer', 'edited', 'different', 'broken']);
const removable: ReadonlySet<CopyState> = new Set(['current', 'imported', 'outdated', 'newer']);

function hasAny({ copies }: Blueprint, states: ReadonlySet<CopyState>): boolean {
  return (copies ?? []).some(({ state }) => states.has(state));
}

/** What they are called is not the bridge's text. */
function usedBy(users: readonly string[]): TemplateResult {
  return html`${texts.usedBy}
  ${users.map((name, index) => html`${index === 0 ? '' : ', '}${strangerInList(name)}`)}`;
}

function chip({ copies }: Blueprint) {
  if (copies === null) return nothing;
  if (copies.length === 0) return html`<span class="state">${texts.missing}</span>`;
  return copies.map(({ state }) => {
    const isWell = state === 'current' || state === 'imported';
    return html`<span class="state ${isWell ? 'good' : 'warn'}">${texts.states[state]}</span>`;
  });
}

function importLink({ title, import_url: href }: Blueprint): TemplateResult {
  return html`<a
    href=${href}
    target="_blank"
    rel="noopener noreferrer"
    aria-label=${texts.of(texts.importIt, title)}
    >${texts.importIt}</a
  >`;
}

customElements.define('mb-installed-blueprints', InstalledBlueprints);
