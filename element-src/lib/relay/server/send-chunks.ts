import type { ServerResponse } from 'node:http'

/**
 * Sends chunks as fast as the client takes them.
 *
 * @param response The response, whose head is written.
 * @param chunks What to send. Where they end with an error, so does the connection: the client sees that it has not all.
 * @returns Resolved when all is sent or the client has gone; rejected with the error of the chunks.
 */
export const sendChunks = async (response: ServerResponse, chunks: AsyncIterable<Buffer>): Promise<void> => {
  try {
    for await (const chunk of chunks) {
      if (response.destroyed) return
      if (!response.write(chunk))
        await new Promise<void>((resolve) => {
          const go = (): void => {
            response.off('drain', go).off('close', go)
            resolve()
          }
          response.on('drain', go).on('close', go)
        })
    }
    response.end()
  } catch (error) {
    response.destroy()
    throw error
  }
}
