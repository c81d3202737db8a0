export {
  type Place,
  type PolicyDocument,
  policyOf,
  portName,
  portsOfEndpoint,
  type Statement,
} from './stand-in/rights.ts'
