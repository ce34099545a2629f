// `llm labels`: which tokens of the data `llm sft` would train.
import { labelSegments, tokenizeSft } from '@llm/align';
import { loadTokenizer } from './tokenizer/load.ts';
import { readSftRows } from '../../data/rows.ts';
import { defineCommand } from '../command.ts';
import { checkConversations } from '../conversation-check.ts';
import { noteDataReport } from '../data-report.ts';
import { FINE_TUNING_OPTIONS } from '../training-options.ts';

export const command = defineCommand({
  name: 'labels',
  summary: 'Shows the data as the loss of `llm sft` sees it: trained tokens between ⟦ and ⟧.',
  usage: ['labels --model M --data chats.jsonl [--show 3] [--max-length 512]'],
  options: {
    model: {
      type: 'string',
      description: 'Hugging Face folder or .gguf file, for its tokenizer',
      placeholder: 'PATH',
      required: true,
    },
    data: FINE_TUNING_OPTIONS.data,
    show: { type: 'integer', description: 'examples to show', default: 3, minimum: 1 },
    'max-length': {
      type: 'integer',
      description: 'longest example in tokens',
      default: 512,
      minimum: 2,
    },
  },
  async run({ values, output }) {
    const rows = await readSftRows(values.data);
    const tokenizer = await loadTokenizer(values.model);
    checkConversations(rows, tokenizer, values.model);
    const maxLength = values['max-length'];
    const { examples, report } = tokenizeSft(rows, tokenizer, { maxLength });
    noteDataReport(output, report, maxLength);
    const shown = examples
      .slice(0, values.show)
      .map((example) => labelSegments(example, tokenizer));
    output.json({ data: report, examples: shown });
    for (const segments of shown) {
      output.line(segments.map(({ text, isTrained }) => (isTrained ? `⟦${text}⟧` : text)).join(''));
      output.line('');
    }
  },
});
