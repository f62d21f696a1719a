import { html, LitElement } from 'lit';
import { common } from '../texts/common.ts';

const shownFor = 2_000;

/** A button that copies one value and says whether it did. */
export class CopyButton extends LitElement {
  static override properties = { value: {}, what: {}, outcome: { state: true } };
  declare value: string;
  /** What is copied, for screen readers. */
  declare what: string;
  declare outcome: 'copied' | 'refused' | null;

  constructor() {
    super();
    this.value = '';
    this.what = '';
    this.outcome = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    const label = this.outcome === 'copied' ? common.copied : common.copy;
    const told = { copied: common.copied, refused: common.notCopied };
    return html`<button type="button" class="quiet small" @click=${() => void this.#copy()}>
        <span aria-hidden="true">${label}</span>
        <span class="heard">${common.copyWhat(this.what)}</span>
      </button>
      <span class=${this.outcome === 'refused' ? 'soft' : 'heard'} role="status"
        >${this.outcome === null ? '' : told[this.outcome]}</span
      >`;
  }

  async #copy(): Promise<void> {
    this.outcome = (await this.#isCopied()) ? 'copied' : 'refused';
    if (this.outcome === 'refused') return;
    setTimeout(() => {
      this.outcome = null;
    }, shownFor);
  }

  /** The clipboard API needs HTTPS, which a bridge at home rarely has, and within a frame a permission. */
  async #isCopied(): Promise<boolean> {
    try {
      await navigator.clipboard.writeText(this.value);
      return true;
    } catch {
      return this.#isCopiedByCommand();
    }
  }

  /** Beside the button: what is outside an open dialog cannot be selected. */
  #isCopiedByCommand(): boolean {
    const area = document.createElement('textarea');
    area.value = this.value;
    area.className = 'heard';
    area.readOnly = true;
    this.append(area);
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    this.querySelector('button')?.focus();
    return isCopied;
  }
}

customElements.define('mb-copy', CopyButton);
