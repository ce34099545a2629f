/** Ends every document and every answer, as in GPT-2. */
export const END_OF_TEXT = '<|endoftext|>';
