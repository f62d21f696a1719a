import { html, nothing, type TemplateResult } from 'lit';

export interface FormCard {
  readonly form: TemplateResult;
  /** The word that it is saved; null while it is not. */
  readonly saved: string | null;
  /** Something in the form is being edited. */
  readonly onEdit: () => void;
}

/** A card with one form, and the word that it is saved. */
export function formCard({ form, saved, onEdit }: FormCard): TemplateResult {
  return html`<article class="card" @input=${onEdit}>
    ${form}
    <div role="status">${saved === null ? nothing : html`<p class="notice good">${saved}</p>`}</div>
  </article>`;
}
