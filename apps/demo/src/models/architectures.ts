// The families that `llm pretrain --arch` makes, and what each learns from plain text.

export const ARCHITECTURES = ['llama', 'gpt2', 'bert', 't5', 'bart'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];
export type DecoderArchitecture = 'llama' | 'gpt2';
export type Seq2SeqArchitecture = 't5' | 'bart';

export const isDecoder = (architecture: Architecture): architecture is DecoderArchitecture =>
  architecture === 'llama' || architecture === 'gpt2';
