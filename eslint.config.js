import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { importRules } from './tools/lint/import-rules.js';

export default tseslint.config(
  { ignores: ['**/dist/**', '**/build/**', '**/node_modules/**', 'runs/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['apps/demo/page/*.js'], // runs in browsers
    languageOptions: {
      globals: Object.fromEntries(
        [
          'document',
          'fetch',
          'navigator',
          'localStorage',
          'sessionStorage',
          'Option',
          'performance',
        ]
          .concat(['AbortController', 'TextDecoderStream', 'requestAnimationFrame'])
          .concat(['setTimeout', 'setInterval'])
          .map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
    },
  },
  { files: ['packages/*/src/**/*.ts'], rules: { 'no-console': 'error' } },
  ...importRules,
);
