import { html, LitElement, type TemplateResult } from 'lit';
import './form.ts';
import { common } from '../texts/common.ts';
import type { Submit } from './form.ts';

export interface Question {
  readonly heading: string;
  readonly fields: TemplateResult;
  readonly label: string;
  readonly danger: boolean;
  readonly submit: Submit;
}

/** A dialog with one question. It is open while it is in the page; `onClose` removes it. */
export class Dialog extends LitElement {
  static override properties = { question: { attribute: false }, onClose: { attribute: false } };
  declare question: Question;
  declare onClose: () => void;

  override createRenderRoot(): this {
    return this;
  }

  override firstUpdated(): void {
    this.querySelector('dialog')?.showModal();
  }

  override render() {
    const { heading, fields, label, danger, submit } = this.question;
    const cancel = html`<button type="button" class="quiet" @click=${() => this.#close()}>
      ${common.cancel}
    </button>`;
    return html`<dialog aria-labelledby="question" @close=${() => this.onClose()}>
      <h2 id="question">${heading}</h2>
      <mb-form
        .fields=${fields}
        .label=${label}
        .danger=${danger}
        .aside=${cancel}
        .submit=${
          (async (read) => {
            await submit(read);
            this.#close();
          }) satisfies Submit
        }
      ></mb-form>
    </dialog>`;
  }

  #close(): void {
    this.querySelector('dialog')?.close();
  }
}

customElements.define('mb-dialog', Dialog);
