import { html, type TemplateResult } from 'lit';
import type { Redirect } from '../../api/contract.ts';
import type { Page } from '../../page.ts';
import { field, type Submit } from '../../parts/form.ts';
import { heading } from '../../parts/heading.ts';
import { common } from '../../texts/common.ts';
import { texts } from '../../texts/set-up.ts';

/** The second step: the person's name and the client's credentials. */
export function credentialsStep({ store, go }: Page, redirect: Redirect | null): TemplateResult {
  const { credentials } = texts;
  const fields = html`${field({ name: 'name', label: credentials.name, hint: credentials.nameHint })}
  ${field({ name: 'client_id', label: credentials.id, hint: credentials.idHint })}
  ${field({
    name: 'client_secret',
    label: credentials.secret,
    hint: credentials.secretHint,
    type: 'password',
  })}`;
  const submit: Submit = async (read) => {
    const { id } = await store.api.add({
      name: read('name'),
      client_id: read('client_id'),
      client_secret: read('client_secret'),
      redirect_uri: redirect?.redirect_uri ?? '',
    });
    await store.refresh();
    go({ kind: 'set_up', id });
  };
  const back = html`<button type="button" class="quiet" @click=${() => go({ kind: 'add', step: 'client' })}>
    ${common.back}
  </button>`;
  return html`${heading(credentials.heading)}
    <p>${credentials.intro}</p>
    <mb-form .fields=${fields} .label=${credentials.submit} .aside=${back} .submit=${submit}></mb-form>`;
}
