import { makeElements } from './make-elements.js'
import { project } from './project.js'

for (const [path, size] of await makeElements(project)) console.log(`${String(size).padStart(7)} elements/${path}`)
