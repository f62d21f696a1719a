import { html, LitElement } from 'lit';
import { common } from '../texts/common.ts';

const shownFor = 2_000;

/** A button that copies one value and confirms it. */
export class CopyButton extends LitElement {
  static override properties = { value: {}, what: {}, copied: { state: true } };
  declare value: string;
  /** What is copied, for screen readers. */
  declare what: string;
  declare copied: boolean;

  constructor() {
    super();
    this.value = '';
    this.what = '';
    this.copied = false;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const label = this.copied ? common.copied : common.copy;
    return html`<button type="button" class="quiet small" @click=${() => void this.#copy()}>
        <span aria-hidden="true">${label}</span>
        <span class="heard">${common.copyWhat(this.what)}</span>
      </button>
      <span class="heard" role="status">${this.copied ? common.copied : ''}</span>`;
  }

  async #copy(): Promise<void> {
    await copyText(this.value);
    this.copied = true;
    setTimeout(() => {
      this.copied = false;
    }, shownFor);
  }
}

/** The clipboard API needs HTTPS, which a bridge at home rarely has. */
async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'heard';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

customElements.define('mb-copy', CopyButton);
