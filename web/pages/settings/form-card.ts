import { html, nothing, type TemplateResult } from 'lit';

export interface FormCard {
  /** Why what is set could not be read. */
  readonly problem: string | null;
  readonly form: TemplateResult | typeof nothing;
  /** The word that it is saved; null while it is not. */
  readonly saved: string | null;
  /** Something in the form is being edited. */
  readonly onEdit: () => void;
}

/** A card with one form, what keeps it from being shown, and the word that it is saved. */
export function formCard({ problem, form, saved, onEdit }: FormCard): TemplateResult {
  return html`<article class="card" @input=${onEdit}>
    <div role="alert">${problem === null ? nothing : html`<p class="notice bad">${problem}</p>`}</div>
    ${form}
    <div role="status">${saved === null ? nothing : html`<p class="notice good">${saved}</p>`}</div>
  </article>`;
}
