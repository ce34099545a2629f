export { Tokenizer } from './tokenizer.ts';
export type {
  DecodeOptions,
  EncodeFullOptions,
  EncodeOptions,
  TokenizerRoles,
} from './tokenizer-options.ts';
export type { EncodeInput } from './encoding/batch-encoder.ts';
export type { ScoredIds } from './unigram/n-best.ts';
export type { DecodeStream } from './decode-stream.ts';
export type { AddedToken } from './added-tokens/added-token.ts';
export type { ApplyChatTemplateOptions, ChatMessage } from './chat-template/apply-chat-template.ts';
export type { TokenizerDefinition } from './io/tokenizer-json.ts';
export { parseGgufMetadata, readGgufMetadata } from './gguf/metadata.ts';
export type { GgufFile } from './gguf/metadata.ts';
export { trainBpe } from './train/train-bpe.ts';
export type { TrainBpeOptions } from './train/train-bpe.ts';
export { TokenizerError, TokenizerFormatError, UnsupportedComponentError } from './errors.ts';
export { Encoding } from './encoding/encoding.ts';
export type { Offsets } from './encoding/encoding.ts';
export type { PaddingOptions } from './encoding/padding.ts';
export type { TruncationOptions } from './encoding/truncate.ts';
export type { SamplingOptions } from './sampling/sampling.ts';
export type { TiktokenOptions } from './tiktoken/ranks.ts';
export type { TiktokenEncoding } from './tiktoken/encodings.ts';
export { trainWordPiece } from './train/train-word-piece.ts';
export type { TrainWordPieceOptions } from './train/train-word-piece.ts';
export { trainWordLevel } from './train/train-word-level.ts';
export type { TrainWordLevelOptions } from './train/train-word-level.ts';
export { trainUnigram } from './train/train-unigram.ts';
export type { TrainUnigramOptions } from './train/train-unigram.ts';
export { TextFiles } from './node/text-files.ts';
export type { CorpusOptions, CorpusProgress } from './train/corpus-words.ts';
export { tokenStretches, tokensToHtml, tokensToTerminal } from './inspect/token-view.ts';
export type { TokenStretch } from './inspect/token-view.ts';
export type { EncodedChat } from './chat-template/assistant-mask.ts';
export { tokenBytes } from './inspect/token-bytes.ts';
export { infillPrompt } from './infill/infill.ts';
