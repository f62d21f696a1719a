import type { FastifyRequest } from 'fastify';
import type { RouteOptions } from './api.ts';
import { isFromThisMachine } from './auth.ts';
import type { RedirectItem } from '../contract/login-data.ts';

const myHomeAssistant = 'https://my.home-assistant.io/redirect/oauth';

/**
 * Where Monzo can send the browser after the sign-in, the best first, and only what can work from where the person
 * sits: Home Assistant's webhook, the bridge's own callback, and always my.home-assistant.io, whose "open link" leads
 * to a refusal by Home Assistant, so that the address is copied before.
 */
export function redirectsFor(
  request: FastifyRequest,
  { services, config, publicPort }: RouteOptions,
): readonly [RedirectItem, ...RedirectItem[]] {
  const webhook = services.homeAssistantRedirect?.() ?? null;
  const own = config.PUBLIC_URL ?? (isFromThisMachine(request) ? `http://127.0.0.1:${publicPort()}` : null);
  const last: RedirectItem = {
    kind: 'my_home_assistant',
    redirect_uri: myHomeAssistant,
    paste_back: true,
    sentence:
      'Monzo sends you to my.home-assistant.io. Copy the address that page shows, before you click on, and paste it on the bridge’s page.',
  };
  const better: RedirectItem[] = [];
  if (webhook !== null)
    better.push({
      kind: 'home_assistant',
      redirect_uri: webhook,
      paste_back: false,
      sentence:
        'Home Assistant takes you back: it shows an empty page, and the bridge’s page goes on by itself.',
    });
  if (own !== null)
    better.push({
      kind: 'own_callback',
      redirect_uri: `${own}/oauth/callback`,
      paste_back: false,
      sentence: 'The bridge takes you back itself, and the page you end on says what comes next.',
    });
  const [first, ...others] = better;
  return first === undefined ? [last] : [first, ...others, last];
}
