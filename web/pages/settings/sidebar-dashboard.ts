import './actions.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import '../../parts/copy.ts';
import {
  addDashboard,
  dashboardFile,
  readDashboard,
  removeDashboard,
  type Dashboard,
  type FileState,
  type Viewers,
} from '../../api/home-assistant.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { answered } from '../../parts/answered.ts';
import { deedsFor } from '../../parts/deeds.ts';
import { dashboardTexts as texts, noAccess } from '../../texts/home-assistant.ts';

/** Lets a person add the Money dashboard to Home Assistant, say who has it in the sidebar, and remove it. */
export class SidebarDashboard extends LitElement {
  static override properties = {
    page: { attribute: false },
    chosen: { state: true },
  };
  declare page: Page;
  /** Who shall have it in the sidebar, before it is there. */
  declare chosen: Viewers;
  readonly #dashboard = answerFor(this, {
    args: () => [],
    ask: (_args, signal) => readDashboard(this.page.call, signal),
  });
  readonly #deeds = deedsFor(this, () => this.#dashboard.again());

  constructor() {
    super();
    this.chosen = 'administrators';
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answered(this.#dashboard, (dashboard) => this.#content(dashboard));
  }

  #content(dashboard: Dashboard): TemplateResult {
    const { connection, file, order, sentence } = dashboard;
    if (connection === 'none') return html`<p class="notice calm">${noAccess.whole}</p>`;
    return html`<article class="card">
      ${status(dashboard)}
      ${order !== null ? html`<p class="notice warn">${texts.waiting[order]}</p>` : nothing}
      ${order === null && connection === 'away' ? html`<p class="notice warn">${texts.away}</p>` : nothing}
      ${sentence === null ? nothing : html`<p class="notice warn">${sentence}</p>`}
      ${canBeSeen(dashboard) ? this.#viewers(dashboard) : nothing}
      <div class="buttons">${this.#buttons(dashboard)}</div>
      ${file === 'by_hand' ? byHand(dashboard) : nothing}
    </article>`;
  }

  #viewers(dashboard: Dashboard): TemplateResult {
    const current = dashboard.viewers ?? this.chosen;
    const radio = (viewers: Viewers) =>
      html`<label class="check"
        ><input
          type="radio"
          name="viewers"
          .checked=${current === viewers}
          @change=${() => this.#choose(dashboard, viewers)}
        />${texts[viewers]}</label
      >`;
    return html`<fieldset>
        <legend>${texts.viewers}</legend>
        ${radio('administrators')}${radio('everyone')}
      </fieldset>
      <p class="hint">${texts.viewersHint}</p>`;
  }

  #choose({ viewers: current }: Dashboard, viewers: Viewers): void {
    this.chosen = viewers;
    if (current !== null) this.#deeds.run(() => addDashboard(this.page.call, { viewers }));
  }

  #buttons(dashboard: Dashboard) {
    const { file, dashboard: state, order } = dashboard;
    const viewers = dashboard.viewers ?? this.chosen;
    const add = (label: string, replace: boolean) =>
      this.#deeds.button({
        label,
        kind: replace ? 'quiet' : 'main',
        work: () => addDashboard(this.page.call, { viewers, replace }),
      });
    const remove = (label: string) =>
      this.#deeds.button({ label, work: () => removeDashboard(this.page.call) });
    if (order === 'add') return remove(texts.cancel);
    const isWhole = (state === 'current' || state === 'edited') && file !== 'missing';
    return html`${isWhole || !canBeAdded.has(file) ? nothing : add(texts.add, false)}
    ${file === 'other_bridge' ? add(texts.takeOver, true) : nothing}
    ${canBeRemoved(dashboard) ? remove(state === 'missing' ? texts.removeFile : texts.remove) : nothing}`;
  }
}

const canBeAdded: ReadonlySet<FileState> = new Set([
  'unknown',
  'missing',
  'current',
  'outdated',
  'elsewhere',
  'other_bridge',
]);
const ownFile: ReadonlySet<FileState> = new Set(['current', 'outdated']);

/** Whether there is something to see, or could be. */
function canBeSeen({ file, order, viewers }: Dashboard): boolean {
  if (order !== null) return false;
  return viewers !== null || canBeAdded.has(file);
}

/** What a person has changed is that person's to delete. */
function canBeRemoved({ file, dashboard }: Dashboard): boolean {
  if (file === 'other_bridge' || dashboard === 'edited') return false;
  return dashboard !== 'missing' || ownFile.has(file);
}

function status({ file, dashboard, path }: Dashboard) {
  if (path !== null) {
    const isReady = dashboard === 'current' && (ownFile.has(file) || file === 'elsewhere');
    const word =
      dashboard === 'current' ? texts.states[file] : texts[dashboard === 'edited' ? dashboard : 'unfinished'];
    return html`<p>
      ${texts.place} <strong>${texts.title}</strong>
      <span class="state ${isReady ? 'good' : 'warn'}">${word}</span>
    </p>`;
  }
  if (!ownFile.has(file)) return nothing;
  return html`<p>${texts.fileAlone} <span class="state good">${texts.states[file]}</span></p>`;
}

function byHand({ yaml }: Dashboard): TemplateResult {
  return html`<details>
    <summary>${texts.byHand}</summary>
    <p><a href=${dashboardFile} download>${texts.download}</a></p>
    <p>${texts.byHandSteps('monzo-bridge.js')}</p>
    <mb-copy .value=${yaml} .what=${texts.lines}></mb-copy>
    <pre class="yaml" tabindex="0"><code>${yaml}</code></pre>
  </details>`;
}

customElements.define('mb-sidebar-dashboard', SidebarDashboard);
