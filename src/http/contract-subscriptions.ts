import { z } from 'zod';

export const subscriptionSchema = z.object({
  account_id: z.string(),
  login_id: z.string(),
  wanted: z.boolean().describe('whether Monzo is to ring for this account'),
  actual: z.boolean().describe('whether our webhook was at Monzo when it was last compared'),
  host: z.string().nullable().describe('where Monzo rings; the rest of the address is a secret'),
  trouble: z.string().nullable().describe('why it is not as wanted, as a sentence'),
});

export type SubscriptionItem = z.output<typeof subscriptionSchema>;
