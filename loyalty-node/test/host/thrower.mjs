// Listeners that throw, and what the process hears of it.

import { KMeans } from 'loyalty'
import { customers, endless, sleep } from './data.mjs'

const heard = { uncaught: [], unhandled: [], rejected: [] }
process.on('uncaughtException', (error) => heard.uncaught.push(error.message))
process.on('unhandledRejection', (error) => heard.unhandled.push(error.message))
const fit = (message) => {
  const onProgress = () => {
    throw new Error(message)
  }
  return KMeans.fit(customers(50_000), { ...endless, onProgress })
}
await fit('awaited').catch((error) => heard.rejected.push(error.message))
fit('not awaited')
while (heard.unhandled.length === 0 && heard.uncaught.length === 0) await sleep(5)
console.log(JSON.stringify(heard))
