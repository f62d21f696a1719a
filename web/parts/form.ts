import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { Refusal, sentenceOf, WrongField } from '../api/client.ts';
import { discreet } from '../format.ts';
import { common } from '../texts/common.ts';

/** Submits the form's fields; the message of what it throws is shown at the form. */
export type Submit = (field: (name: string) => string) => Promise<void>;

interface Problem {
  readonly sentence: string;
  readonly code: string;
}

/** A form that is busy while it is submitted, and shows the bridge's sentence on failure. */
export class Form extends LitElement {
  static override properties = {
    fields: { attribute: false },
    label: {},
    danger: { type: Boolean },
    aside: { attribute: false },
    submit: { attribute: false },
    wayOut: { attribute: false },
    busy: { state: true },
    problem: { state: true },
  };
  declare fields: TemplateResult;
  declare label: string;
  declare danger: boolean;
  /** More buttons beside the submit button. */
  declare aside: TemplateResult | typeof nothing;
  declare submit: Submit;
  /** What leads on from a refusal, by its code. */
  declare wayOut: (code: string) => TemplateResult | typeof nothing;
  declare busy: boolean;
  declare problem: Problem | null;

  constructor() {
    super();
    this.danger = false;
    this.aside = nothing;
    this.wayOut = () => nothing;
    this.busy = false;
    this.problem = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return html`<form
      @submit=${(event: SubmitEvent) => void this.#send(event)}
      @input=${({ target }: InputEvent) => this.#corrected(target)}
    >
      ${this.fields}
      <div role="alert">${this.problem === null ? nothing : this.#told(this.problem)}</div>
      <div class="buttons">
        <button type="submit" class=${this.danger ? 'danger' : 'main'} aria-disabled=${this.busy}>
          ${this.busy ? common.busy : this.label}
        </button>
        ${this.aside}
      </div>
    </form>`;
  }

  #told({ sentence, code }: Problem): TemplateResult {
    return html`<div class="notice bad">
      <p>${discreet(sentence)}</p>
      ${this.wayOut(code)}
    </div>`;
  }

  /** Clears the sentence about a field as soon as that field is edited. */
  #corrected(target: EventTarget | null): void {
    if (!(target instanceof HTMLElement) || !target.hasAttribute('aria-invalid')) return;
    target.removeAttribute('aria-invalid');
    this.problem = null;
  }

  async #send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.busy || !(event.target instanceof HTMLFormElement)) return;
    const { elements } = event.target;
    const data = new FormData(event.target);
    this.busy = true;
    this.problem = null;
    try {
      await this.submit((name) => {
        const value = data.get(name);
        return typeof value === 'string' ? value.trim() : '';
      });
    } catch (thrown) {
      this.problem = { sentence: sentenceOf(thrown), code: thrown instanceof Refusal ? thrown.code : '' };
      if (thrown instanceof WrongField) pointAt(elements.namedItem(thrown.field));
    } finally {
      this.busy = false;
    }
  }
}

function pointAt(element: Element | RadioNodeList | null): void {
  if (!(element instanceof HTMLElement)) return;
  element.setAttribute('aria-invalid', 'true');
  element.focus();
}

export interface FieldOptions {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type?: 'text' | 'password' | 'url';
  readonly value?: string;
  readonly autocomplete?: 'current-password';
}

/** One labelled, required field. */
export function field({ name, label, hint, type, value, autocomplete }: FieldOptions): TemplateResult {
  return html`<div class="field">
    <label for="field-${name}">${label}</label>
    <input
      id="field-${name}"
      name=${name}
      type=${type ?? 'text'}
      value=${value ?? ''}
      autocomplete=${autocomplete ?? 'off'}
      autocapitalize="off"
      spellcheck="false"
      aria-describedby=${hint === undefined ? nothing : `hint-${name}`}
      required
    />
    ${hint === undefined ? nothing : html`<p class="hint" id="hint-${name}">${hint}</p>`}
  </div>`;
}

customElements.define('mb-form', Form);
