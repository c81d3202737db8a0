import { describeSeeds } from './seeds.ts'

const named = Number(process.env.GRIDGATE_SEED)
describeSeeds(named, named)
