import { htmlAnswer } from './call.ts';
import type { Answer, Call } from './call.ts';
import type { Model, Grant } from './model.ts';
import { must } from './model.ts';
import { approve, isApproved, logIn, loginTrouble } from './tokens.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const page = (status: number, title: string, body: string): Answer =>
  htmlAnswer(
    status,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><h1>${escape(title)}</h1>${body}</html>`,
  );

const button = (name: string, value: string, label: string) =>
  `<p><button name="${name}" value="${escape(value)}">${escape(label)}</button></p>`;

const redirect = (location: string): Answer => ({ status: 302, headers: { location }, body: '' });

function readLogin(query: URLSearchParams) {
  return {
    clientId: query.get('client_id') ?? '',
    redirectUri: query.get('redirect_uri') ?? '',
    state: query.get('state') ?? '',
  };
}

function loginPage(model: Model, clientId: string): Answer {
  const people = must(model.clients, clientId).collaborators.map((id) => must(model.people, id));
  const buttons = people.map(({ id, name }) => button('user', id, `Log in as ${name}`)).join('');
  return page(
    200,
    'Log in to the simulated Monzo',
    `<form method="post">${buttons}${button('deny', '1', 'Do not allow')}</form>`,
  );
}

/** The log-in page and its buttons. As at the bank, the error for a wrong redirect URL is about a magic link. */
export function answerAuth(model: Model, call: Call): Answer {
  const login = readLogin(call.query);
  if (call.path !== '/') return page(404, 'Not found', '');
  const trouble = loginTrouble(model, login.clientId, login.redirectUri);
  if (trouble !== null || call.query.get('response_type') !== 'code') {
    return page(400, 'Something went wrong', "<p>Sorry, we couldn't send you a magic link.</p>");
  }
  if (call.method === 'GET') return loginPage(model, login.clientId);
  if (call.form.has('deny')) {
    const landing = new URL(login.redirectUri);
    landing.searchParams.set('error', 'access_denied');
    landing.searchParams.set('state', login.state);
    return redirect(landing.href);
  }
  const userId = call.form.get('user') ?? '';
  if (!must(model.clients, login.clientId).collaborators.includes(userId)) {
    return page(403, 'Not allowed', '<p>This person may not use this client.</p>');
  }
  return redirect(logIn(model, { ...login, userId }));
}

function statusOf(model: Model, grants: readonly Grant[]): string {
  if (grants.length === 0) return 'no client';
  return grants.every((grant) => isApproved(model, grant)) ? 'approved' : 'waiting for approval';
}

/** The phones: the approval status of each person, and a button to approve. */
export function answerPhone(model: Model, call: Call): Answer {
  const userId = call.form.get('user');
  if (call.method === 'POST' && userId && model.people.has(userId)) approve(model, userId);
  const people = [...model.people.values()].map(({ id, name }) => {
    const grants = [...model.grants.values()].filter((grant) => grant.userId === id);
    return `<h2>${escape(name)}</h2><p>${statusOf(model, grants)}</p>${button('user', id, 'Approve in the app')}`;
  });
  return page(200, 'Phones', `<form method="post" action="/phone">${people.join('')}</form>`);
}
