import { html, type TemplateResult } from 'lit';
import type { Page } from './page.ts';
import { field, type Submit } from './parts/form.ts';
import { heading } from './parts/heading.ts';
import { common } from './texts/common.ts';

/** Asks for the admin token if no link signed the person in. */
export function signIn({ store }: Page, refused: string | null): TemplateResult {
  const { session } = common;
  const submit: Submit = async (read) => {
    await store.api.signIn({ token: read('token') });
    await store.refresh();
  };
  const fields = field({
    name: 'token',
    label: session.token,
    hint: session.where,
    type: 'password',
    autocomplete: 'current-password',
  });
  return html`${heading(session.heading)}
    ${refused === null ? '' : html`<p class="notice bad" role="alert">${refused}</p>`}
    <p>${session.intro}</p>
    <mb-form .fields=${fields} .label=${session.submit} .submit=${submit}></mb-form>`;
}
