import { html, nothing, type TemplateResult } from 'lit';

export interface FormCard {
  /** Names the section for the screen reader and in the page. */
  readonly id: string;
  readonly texts: { readonly heading: string; readonly intro: string; readonly saved: string };
  /** Why what is set could not be read. */
  readonly problem: string | null;
  readonly form: TemplateResult | typeof nothing;
  readonly isSaved: boolean;
  /** Something in the form is being edited. */
  readonly onEdit: () => void;
}

/** A section of the settings with one form, what keeps it from being shown, and the word that it is saved. */
export function formCard({ id, texts, problem, form, isSaved, onEdit }: FormCard): TemplateResult {
  return html`<section aria-labelledby=${id} @input=${onEdit}>
    <h2 id=${id}>${texts.heading}</h2>
    <p class="soft">${texts.intro}</p>
    <article class="card">
      <div role="alert">${problem === null ? nothing : html`<p class="notice bad">${problem}</p>`}</div>
      ${form}
      <div role="status">${isSaved ? html`<p class="notice good">${texts.saved}</p>` : nothing}</div>
    </article>
  </section>`;
}
