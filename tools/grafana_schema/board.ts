// A dashboard as Grafana's own types have it, narrowed to the kinds of panels that monitoring/grafana.py makes.
// Those types leave options, field settings and queries of panels open; here they are those of each kind.
import type * as raw from '@grafana/schema/dist/esm/raw/dashboard/x/dashboard_types.gen.d.ts';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts';
import type * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.d.ts';
import type { DataQuery, DataSourceRef } from '@grafana/schema';

// Flat copies: the generator takes no two types of one name, and each kind of panel has its Options and FieldConfig.
type Flat<T> = { [K in keyof T]: T[K] };

interface PrometheusQuery extends Omit<DataQuery, 'datasource'> {
  expr: string;
  instant?: boolean;
  range?: boolean;
  legendFormat?: string;
  datasource: DataSourceRef;
}

interface FieldConfigOf<Custom> {
  defaults: Omit<raw.FieldConfig, 'custom'> & { custom?: Custom };
  overrides: raw.FieldConfigSource['overrides'];
}

type PanelOf<Kind extends string, Options, Custom> = Omit<
  raw.Panel,
  'type' | 'targets' | 'options' | 'fieldConfig' | 'gridPos' | 'id'
> & {
  id: number;
  type: Kind;
  targets: PrometheusQuery[];
  options: Options;
  fieldConfig: FieldConfigOf<Custom>;
  gridPos: raw.GridPos;
};

type Chart = PanelOf<'timeseries', Flat<timeseries.Options>, Flat<timeseries.FieldConfig>>;
type Timeline = PanelOf<'state-timeline', Flat<timeline.Options>, Flat<timeline.FieldConfig>>;
type Row = Omit<raw.RowPanel, 'panels'> & { panels: [] };

export type Board = Omit<raw.Dashboard, 'panels'> & { panels: Array<Chart | Timeline | Row> };
