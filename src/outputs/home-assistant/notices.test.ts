import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeMarkdown, plainLine } from './notices.ts';

const examples: readonly { readonly text: string; readonly markdown: string }[] = [
  { text: 'Alex', markdown: 'Alex' },
  { text: 'Zoë O’Neil-Smith, jr.', markdown: 'Zoë O’Neil-Smith, jr.' },
  { text: '**bold** _it_ `code` ~~no~~', markdown: String.raw`\*\*bold\*\* \_it\_ \`code\` \~\~no\~\~` },
  { text: '[here](https://evil.example)', markdown: String.raw`\[here\]\(https\://evil\.example\)` },
  { text: '![](x)', markdown: String.raw`\!\[\]\(x\)` },
  { text: '<img src=x onerror=y>', markdown: String.raw`\<img src=x onerror=y\>` },
  { text: '&lt;b&gt;', markdown: String.raw`\&lt;b\&gt;` },
  {
    text: 'www.evil.example or a@evil.example',
    markdown: String.raw`www\.evil\.example or a\@evil\.example`,
  },
  { text: String.raw`a\*b`, markdown: String.raw`a\\\*b` },
  { text: '# Heading', markdown: String.raw`\# Heading` },
  { text: '- item', markdown: String.raw`\- item` },
  { text: '1. item', markdown: String.raw`1\. item` },
  { text: '1) item', markdown: String.raw`1\) item` },
  { text: '    code\n\n| a |', markdown: String.raw`code \| a \|` },
  { text: 'a\u202eb\u0000c', markdown: 'a b c' },
];

for (const { text, markdown } of examples)
  test(`${JSON.stringify(text)} is shown as it is`, () => assert.equal(escapeMarkdown(text), markdown));

test('a plain line is one line without control characters or lone surrogates', () => {
  assert.equal(plainLine(' a\r\n\tb\u2028c \ud800'), 'a b c \ufffd');
});
